import { Button, Checkbox, Modal, Radio, Stack } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { exportAddress, type AuditFilter, type ExportFormat } from '../../api/audit.ts';
import css from './audit-page.module.css';

const FORMATS: readonly (readonly [format: ExportFormat, label: string, about: string])[] = [
  ['csv', 'CSV', 'for spreadsheets; what would be a formula is text'],
  ['jsonl', 'JSON lines', 'events as they are recorded'],
  ['ocsf', 'OCSF', 'API Activity, for a SIEM'],
];

/** The browser downloads; what is looked for is what is exported. */
export function ExportDialog({ filter, close }: { readonly filter: AuditFilter; readonly close: () => void }): ReactNode {
  const [format, setFormat] = useState<ExportFormat>('csv');
  const [content, setContent] = useState(false);
  const fields = Object.entries(filter).map(([field, value]) => `${field}: ${value}`);
  return (
    <Modal opened onClose={close} title="Export" size="md" closeButtonProps={{ 'aria-label': 'Close' }}>
      <Stack gap="md">
        <p className={css.note}>{fields.length === 0 ? 'Everything that you may see.' : `What matches ${fields.join(', ')}.`} The export is recorded.</p>
        <Radio.Group label="Format" value={format} onChange={(chosen) => setFormat(FORMATS.find(([name]) => name === chosen)?.[0] ?? 'csv')}>
          <Stack gap={6} mt={6}>
            {FORMATS.map(([name, label, about]) => (
              <Radio key={name} value={name} label={label} description={about} />
            ))}
          </Stack>
        </Radio.Group>
        <Checkbox label="With what was said, masked" checked={content} onChange={(event) => setContent(event.currentTarget.checked)} />
        <div className={css.buttons}>
          <Button variant="default" onClick={close}>
            Cancel
          </Button>
          <Button component="a" href={exportAddress(filter, format, { content })} download onClick={close} data-autofocus>
            Export
          </Button>
        </div>
      </Stack>
    </Modal>
  );
}
