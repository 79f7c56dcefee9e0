import { escapeText } from '../../core/escape.ts';
import { saidText, type ExportedEvent } from './exported-event.ts';

type Cell = string | number | undefined;

/** Every column, in order, and where it comes from. */
const COLUMNS: Readonly<Record<string, (row: ExportedEvent) => Cell>> = {
  time: ({ event }) => event.time,
  kind: ({ event }) => event.kind,
  subject: ({ event }) => event.subject?.name,
  subject_kind: ({ event }) => event.subject?.kind,
  on_behalf_of: ({ event }) => event.subject?.onBehalfOf,
  groups: ({ event }) => event.subject?.groups.join(', '),
  issuer: ({ event }) => event.subject?.issuer,
  target: ({ event }) => event.target,
  protocol: ({ event }) => event.protocol,
  command: ({ event }) => event.command?.name,
  effect: ({ event }) => event.decision?.effect,
  rule: ({ event }) => event.decision?.rule,
  reason: ({ event }) => event.decision?.reason,
  risk: ({ event }) => event.decision?.risk.score,
  policy_version: ({ event }) => event.decision?.policyVersion,
  status: ({ event }) => event.outcome?.status,
  bytes: ({ event }) => event.outcome?.bytes,
  milliseconds: ({ event }) => event.outcome?.milliseconds,
  masks: ({ event }) => event.masks?.map(({ name, count }) => `${name} x${count}`).join(', '),
  note: ({ event }) => event.note,
  approval: ({ event }) => event.approval,
  client_address: ({ event }) => event.client?.address,
  client: ({ event }) => event.client?.name,
  user_agent: ({ event }) => event.client?.userAgent,
  session: ({ event }) => event.session,
  intent: ({ event }) => event.intent,
  digest: ({ event }) => event.command?.digest,
  id: ({ event }) => event.id,
  content: ({ bodies }) => (bodies ?? []).map((body) => `${body.name}: ${saidText(body)}`).join('\n'),
};

export interface CsvOptions {
  readonly content: boolean;
}

const namesOf = ({ content }: CsvOptions): readonly string[] => Object.keys(COLUMNS).filter((name) => content || name !== 'content');

/** RFC 4180. */
export const csvHead = (options: CsvOptions): string => lineOf(namesOf(options));

export function csvLine(row: ExportedEvent, options: CsvOptions): string {
  return lineOf(namesOf(options).map((name) => COLUMNS[name]?.(row)));
}

const lineOf = (cells: readonly Cell[]): string => `${cells.map(csvCell).join(',')}\r\n`;

/**
 * What a spreadsheet would read as a formula: one of these characters, in any width, also behind what it skips. A line feed is escaped like
 * every control character, so that one event is one line for whatever reads lines.
 */
const FORMULA = /^[\s\p{Cf}\p{Cc}'"]*[=+\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]/u;

/** Always in quotes; what would be a formula begins with an apostrophe, which makes it text. Numbers are our own. */
export function csvCell(value: Cell): string {
  if (value === undefined || value === '') return '';
  if (typeof value === 'number') return String(value);
  const text = FORMULA.test(value) ? `'${value}` : value;
  return `"${escapeText(text).replaceAll('"', '""')}"`;
}
