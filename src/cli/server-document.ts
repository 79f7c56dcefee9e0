import { isDeepStrictEqual } from 'node:util';
import { applyEdits, modify, parse, type ParseError } from 'jsonc-parser';
import { parse as parseToml, stringify as writeToml } from 'smol-toml';
import { SallyportError } from '../core/error.ts';

/** The servers that a client's document is to have, by their names. */
export interface Servers {
  /** The member that holds them. */
  readonly member: string;
  readonly entries: Readonly<Record<string, object>>;
}

export type DocumentFormat = 'json' | 'toml';

/** A document of nothing but these servers. */
export function writeServers(format: DocumentFormat, { member, entries }: Servers): string {
  return format === 'json' ? `${JSON.stringify({ [member]: entries }, null, 2)}\n` : tablesOf(member, entries);
}

/**
 * The document with these servers in it, and all else of it as it was: other servers, order, comments. Throws `conflict`
 * where that cannot be done without touching something else.
 */
export function mergeServers(format: DocumentFormat, text: string, servers: Servers): string {
  if (text.trim() === '') return writeServers(format, servers);
  const merged = format === 'json' ? mergeJson(text, servers) : mergeToml(text, servers);
  const [before, after] = [text, merged].map((each) => readDocument(format, each));
  if (!isDeepStrictEqual(after, expected(before ?? {}, servers))) throw cannot('it is written in a way that cannot be added to');
  return merged;
}

type Document = Readonly<Record<string, unknown>>;

function expected(before: Document, { member, entries }: Servers): Document {
  const known = before[member];
  return { ...before, [member]: { ...(isTable(known) ? known : {}), ...entries } };
}

/** Plain objects, however a reader makes them. */
function readDocument(format: DocumentFormat, text: string): Document {
  const errors: ParseError[] = [];
  let value: unknown;
  try {
    value = format === 'json' ? parse(text.replace(/^\uFEFF/, ''), errors, { allowTrailingComma: true }) : parseToml(text);
  } catch {
    throw cannot(`it is no ${format.toUpperCase()}`);
  }
  if (errors.length > 0 || !isTable(value)) throw cannot(`it is no ${format.toUpperCase()} object`);
  return structuredClone(value);
}

const isTable = (value: unknown): value is Document => typeof value === 'object' && value !== null && !Array.isArray(value);

function mergeJson(text: string, { member, entries }: Servers): string {
  const document = readDocument('json', text);
  if (document[member] !== undefined && !isTable(document[member])) throw cannot(`its ${member} are no object`);
  const indent = /^(\t| +)\S/m.exec(text)?.[1] ?? '  ';
  const formattingOptions = { insertSpaces: indent !== '\t', tabSize: indent.length, eol: text.includes('\r\n') ? '\r\n' : '\n' };
  return Object.entries(entries).reduce((merged, [name, entry]) => applyEdits(merged, modify(merged, [member, name], entry, { formattingOptions })), text);
}

/** Tables of the same servers go, others stay as they are; the new ones are at the end. */
function mergeToml(text: string, { member, entries }: Servers): string {
  readDocument('toml', text);
  const kept: string[] = [];
  let skips = false;
  for (const line of text.split('\n')) {
    const path = tablePath(line);
    if (path) skips = path[0] === member && path[1] !== undefined && Object.hasOwn(entries, path[1]);
    if (!skips) kept.push(line);
  }
  const rest = kept.join('\n').trimEnd();
  return `${rest}${rest === '' ? '' : '\n\n'}${tablesOf(member, entries)}`;
}

/** The names of a table's header, `[a."b.c"]`; undefined for every other line. */
function tablePath(line: string): readonly string[] | undefined {
  if (!/^\s*\[/.test(line)) return undefined;
  try {
    let table: unknown = parseToml(line);
    const path: string[] = [];
    for (;;) {
      const name: string | undefined = isTable(table) ? Object.keys(table)[0] : undefined;
      if (name === undefined || !isTable(table)) return path;
      path.push(name);
      table = table[name];
    }
  } catch {
    return undefined;
  }
}

/** With the outermost table left out: a document may have one already. */
const tablesOf = (member: string, entries: Servers['entries']): string =>
  Object.entries(entries)
    .map(([name, entry]) => writeToml({ [member]: { [name]: entry } }).replace(/^\[[^\].]+\]\n+/, ''))
    .map((table) => `${table.trim()}\n`)
    .join('\n');

const cannot = (why: string): SallyportError =>
  new SallyportError('conflict', `the file is left as it is: ${why}`, { hint: 'without --write the text is printed, to be put in by hand' });
