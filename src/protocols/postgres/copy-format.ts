import type { Grammar } from './sql/grammar.ts';
import { optionText } from './sql/statement/handler.ts';
import { bodyOf } from './sql/tree.ts';

/** How a `COPY ... TO STDOUT` writes its rows: https://www.postgresql.org/docs/current/sql-copy.html */
export type CopyFormat =
  | { readonly kind: 'text'; readonly delimiter: string; readonly nothing: string; readonly header: boolean }
  | { readonly kind: 'csv'; readonly delimiter: string; readonly nothing: string; readonly header: boolean; readonly quote: string; readonly escape: string }
  | { readonly kind: 'binary' };

/** Options that do not change where a cell begins and ends. */
const OTHERS: ReadonlySet<string> = new Set(['freeze', 'force_quote', 'oids']);
const KNOWN: ReadonlySet<string> = new Set(['format', 'delimiter', 'null', 'header', 'quote', 'escape', 'encoding', ...OTHERS]);

/** Of the statement at a place of a text; undefined where an option makes its rows unreadable here. */
export function copyFormat(grammar: Grammar, text: string, at: number): CopyFormat | undefined {
  const reading = grammar.parse(text);
  if (reading.kind !== 'statements') return undefined;
  const copy = bodyOf(reading.statements.filter(({ stmt }) => stmt)[at]?.stmt, 'CopyStmt');
  if (!copy) return undefined;
  const options = new Map<string, string>();
  for (const node of copy.options ?? []) {
    const option = bodyOf(node, 'DefElem');
    const name = option?.defname?.toLowerCase() ?? '';
    if (!option || !KNOWN.has(name)) return undefined;
    if (!OTHERS.has(name)) options.set(name, optionText(option));
  }
  return formatOf(options);
}

function formatOf(options: ReadonlyMap<string, string>): CopyFormat | undefined {
  const kind = options.get('format')?.toLowerCase() ?? 'text';
  if (!/^utf-?8$/i.test(options.get('encoding') ?? 'utf8')) return undefined;
  const header = isOn(options.get('header'));
  if (kind === 'binary') return { kind };
  if (kind === 'text') return { kind, delimiter: options.get('delimiter') ?? '\t', nothing: options.get('null') ?? '\\N', header };
  if (kind !== 'csv') return undefined;
  const quote = options.get('quote') ?? '"';
  return { kind, delimiter: options.get('delimiter') ?? ',', nothing: options.get('null') ?? '', header, quote, escape: options.get('escape') ?? quote };
}

/** What a binary one begins with. */
export const COPY_SIGNATURE = Buffer.from('PGCOPY\n\u00ff\r\n\0', 'latin1');

const isOn = (text: string | undefined): boolean => text !== undefined && !/^(?:false|off|no|0)$/i.test(text);
