import { printableLine } from '../../core/escape.ts';
import { csvHead, csvLine, type CsvOptions } from './csv.ts';
import type { ExportedEvent } from './exported-event.ts';
import { ocsfEvent } from './ocsf.ts';

export const EXPORT_FORMATS = ['jsonl', 'csv', 'ocsf'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

export interface Encoding {
  readonly contentType: string;
  readonly extension: string;
  readonly head: (options: CsvOptions) => string;
  readonly line: (row: ExportedEvent, options: CsvOptions) => string;
}

/** Each of them writes one event on one line, and nothing that acts on a terminal. */
export const ENCODINGS: Readonly<Record<ExportFormat, Encoding>> = {
  jsonl: {
    contentType: 'application/x-ndjson',
    extension: 'jsonl',
    head: () => '',
    line: ({ event, bodies }) => `${printableLine(bodies ? { ...event, content: bodies } : event)}\n`,
  },
  csv: { contentType: 'text/csv; charset=utf-8; header=present', extension: 'csv', head: csvHead, line: csvLine },
  ocsf: { contentType: 'application/x-ndjson', extension: 'ocsf.jsonl', head: () => '', line: (row) => `${printableLine(ocsfEvent(row))}\n` },
};
