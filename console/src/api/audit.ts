import type { ApiClient } from './client.ts';
import type { RecordedEvent } from './sessions.ts';

/** An event as a search or the live stream shows it. */
export interface AuditEvent extends RecordedEvent {
  readonly session?: string;
  readonly target?: string;
}

export interface AuditPage {
  readonly events: readonly AuditEvent[];
  readonly next?: string;
  /** RFC 3339: so far back it was looked. */
  readonly searchedTo?: string;
  readonly behind: boolean;
}

export const AUDIT_FIELDS = ['text', 'subject', 'target', 'command', 'rule', 'effect', 'kind', 'session', 'since', 'until'] as const;
export type AuditField = (typeof AUDIT_FIELDS)[number];
/** What is looked for; `since` and `until` are RFC 3339. */
export type AuditFilter = Readonly<Partial<Record<AuditField, string>>>;

/** Only what the filter knows, and only texts: it may come from an address. */
export function readFilter(values: Readonly<Record<string, unknown>>): AuditFilter {
  return Object.fromEntries(
    AUDIT_FIELDS.flatMap((field) => {
      const value = values[field];
      return typeof value === 'string' && value !== '' ? [[field, value]] : [];
    }),
  );
}

export async function searchAudit(client: ApiClient, filter: AuditFilter, cursor: string | undefined, signal: AbortSignal): Promise<AuditPage> {
  const query = new URLSearchParams({ ...filter, limit: '50', ...(cursor === undefined ? {} : { cursor }) });
  return client.call(`audit/search?${query}`, { signal });
}

export type ExportFormat = 'jsonl' | 'csv' | 'ocsf';

/** Where the browser downloads it from. */
export function exportAddress(filter: AuditFilter, format: ExportFormat, { content }: { readonly content: boolean }): string {
  return `/api/audit/export?${new URLSearchParams({ ...filter, format, content: content ? 'yes' : 'no' })}`;
}

/** The stream knows fields; words and times are for what is recorded already. */
export const canFollow = ({ text, until }: AuditFilter): boolean => text === undefined && until === undefined;

export interface AuditStreamHandlers {
  readonly recorded: (event: AuditEvent) => void;
  readonly state: (state: 'live' | 'lost') => void;
}

const RETRY_MS = 5_000;

/** Follows what is recorded until the returned function is called. A stream that breaks off goes on where it was. */
export function followAudit(filter: AuditFilter, handlers: AuditStreamHandlers): () => void {
  const { text: _text, since: _since, until: _until, ...fields } = filter;
  let source: EventSource | undefined;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let after = '';

  const open = (): void => {
    source = new EventSource(`/api/audit/tail?${new URLSearchParams({ ...fields, ...(after === '' ? {} : { after }) })}`);
    source.addEventListener('open', () => handlers.state('live'));
    source.addEventListener('recorded', (event) => {
      if (event.lastEventId !== '') after = event.lastEventId;
      // As the API's replies: page and gateway are released together.
      handlers.recorded(JSON.parse(String(event.data)) as AuditEvent);
    });
    source.addEventListener('error', () => {
      handlers.state('lost');
      if (source?.readyState === EventSource.CLOSED) retry = setTimeout(open, RETRY_MS);
    });
  };
  open();
  return () => {
    clearTimeout(retry);
    source?.close();
  };
}
