import { Button, Checkbox, Modal } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { exportAddress, type AuditFilter, type ExportFormat } from '../../api/audit.ts';
import { Choices } from '../../components/choices.tsx';
import { Line } from '../../components/escaped.tsx';
import css from './audit-page.module.css';

const FORMATS: readonly { readonly value: ExportFormat; readonly text: string; readonly about: string }[] = [
  { value: 'csv', text: 'CSV', about: 'For spreadsheets: one event a row; what a spreadsheet would take for a formula stays text.' },
  { value: 'jsonl', text: 'JSON lines', about: 'Events as they are recorded, one a line.' },
  { value: 'ocsf', text: 'OCSF', about: 'API Activity of the Open Cybersecurity Schema Framework, for a SIEM; one a line.' },
];

/** The browser downloads; what is looked for is what is exported. */
export function ExportDialog({ filter, close }: { readonly filter: AuditFilter; readonly close: () => void }): ReactNode {
  const [format, setFormat] = useState<ExportFormat>('csv');
  const [content, setContent] = useState(false);
  const fields = Object.entries(filter).map(([field, value]) => `${field}: ${value}`);
  return (
    <Modal opened onClose={close} title="Export" size="md" closeButtonProps={{ 'aria-label': 'Close' }}>
      <div className={css.form}>
        <p className={css.note}>
          <Line text={fields.length === 0 ? 'Everything that you may see.' : `What matches ${fields.join(', ')}.`} /> The export is recorded.
        </p>
        <div>
          <Choices label="Format" options={FORMATS} chosen={format} choose={setFormat} />
          <p className={css.about}>{FORMATS.find(({ value }) => value === format)?.about}</p>
        </div>
        <Checkbox size="xs" label="With what was said, masked" checked={content} onChange={(event) => setContent(event.currentTarget.checked)} />
        <div className={css.buttons}>
          <Button variant="default" onClick={close}>
            Cancel
          </Button>
          <Button component="a" href={exportAddress(filter, format, { content })} download onClick={close} data-autofocus>
            Export
          </Button>
        </div>
      </div>
    </Modal>
  );
}
