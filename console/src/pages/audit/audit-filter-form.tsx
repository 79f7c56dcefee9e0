import { Button, NativeSelect, TextInput } from '@mantine/core';
import { useRef, useState, type ReactNode } from 'react';
import type { AuditField, AuditFilter } from '../../api/audit.ts';
import { useShortcuts } from '../../components/use-shortcuts.ts';
import { zone } from '../../text/time.ts';
import css from './audit-page.module.css';

interface AuditFilterFormProps {
  readonly filter: AuditFilter;
  readonly look: (filter: AuditFilter) => void;
}

const EFFECTS = [
  { value: '', label: 'any' },
  { value: 'allow', label: 'allow' },
  { value: 'deny', label: 'deny' },
  { value: 'review', label: 'review' },
];
const KINDS = [
  { value: '', label: 'any' },
  { value: 'session', label: 'sessions' },
  { value: 'command', label: 'commands' },
  { value: 'command.refused', label: 'refused commands' },
  { value: 'command.failed', label: 'failed commands' },
  { value: 'reply', label: 'replies' },
  { value: 'approval', label: 'approvals' },
  { value: 'breakglass', label: 'break-glass' },
  { value: 'lock', label: 'locks' },
  { value: 'signin', label: 'sign-ins' },
  { value: 'token', label: 'tokens' },
  { value: 'recording', label: 'looks and exports' },
];

/** Enter looks. A part of the filter that has no field here (a session) stays as it is until it is cleared. */
export function AuditFilterForm({ filter, look }: AuditFilterFormProps): ReactNode {
  const [asked, setAsked] = useState<AuditFilter>(filter);
  const input = useRef<HTMLInputElement>(null);
  useShortcuts({ '/': () => input.current?.focus() });
  const set = (field: AuditField, value: string): void => {
    const { [field]: _before, ...others } = asked;
    setAsked(value === '' ? others : { ...others, [field]: value });
  };
  const bind = (field: AuditField) => ({
    value: asked[field] ?? '',
    onChange: (event: { readonly currentTarget: { readonly value: string } }) => set(field, event.currentTarget.value),
  });
  const kinds = KINDS.some(({ value }) => value === (asked.kind ?? '')) ? KINDS : [...KINDS, { value: asked.kind ?? '', label: asked.kind ?? '' }];
  return (
    <search aria-label="Events">
      <form
        className={css.filter}
        onSubmit={(event) => {
          event.preventDefault();
          look(asked);
        }}
      >
        <TextInput
          ref={input}
          className={css.words}
          size="xs"
          type="search"
          label="Words"
          placeholder="churn roll* -draft   /"
          description="all of them, in the event or in what was said: word, beginning*, -without"
          maxLength={1024}
          spellCheck={false}
          autoComplete="off"
          {...bind('text')}
        />
        <TextInput size="xs" label="Who" placeholder="scientist" maxLength={256} {...bind('subject')} />
        <TextInput size="xs" label="Target" maxLength={256} {...bind('target')} />
        <TextInput size="xs" label="Command" placeholder="run_*" maxLength={256} {...bind('command')} />
        <TextInput size="xs" label="Rule" maxLength={256} {...bind('rule')} />
        <NativeSelect size="xs" label="Decision" data={EFFECTS} {...bind('effect')} />
        <NativeSelect size="xs" label="Kind" data={kinds} {...bind('kind')} />
        <When label="From" at={asked.since} set={(value) => set('since', value)} />
        <When label="Before" at={asked.until} set={(value) => set('until', value)} />
        <div className={css.look}>
          <Button size="xs" type="submit">
            Look
          </Button>
          {Object.keys(filter).length > 0 && (
            <Button size="xs" variant="subtle" onClick={() => look({})}>
              Clear
            </Button>
          )}
          {filter.session !== undefined && <span className={css.note}>of session {filter.session}</span>}
        </div>
      </form>
    </search>
  );
}

/** A time of the reader's clock, whose zone stands beside it; it travels in UTC. */
function When({ label, at, set }: { readonly label: string; readonly at: string | undefined; readonly set: (value: string) => void }): ReactNode {
  const time = at === undefined ? Number.NaN : Date.parse(at);
  const [now] = useState(() => Date.now());
  return (
    <TextInput
      size="xs"
      type="datetime-local"
      step={1}
      label={`${label} (${zone(Number.isNaN(time) ? now : time)})`}
      value={Number.isNaN(time) ? '' : localText(time)}
      onChange={(event) => {
        const chosen = Date.parse(event.currentTarget.value);
        set(Number.isNaN(chosen) ? '' : new Date(chosen).toISOString());
      }}
    />
  );
}

/** As the field wants it: without a zone, in that of the clock. */
function localText(time: number): string {
  const offset = new Date(time).getTimezoneOffset() * 60_000;
  return new Date(time - offset).toISOString().slice(0, 19);
}
