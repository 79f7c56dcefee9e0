import { HEADER_BYTES, MalformedMessage } from './codec.ts';
import { COPY_SIGNATURE, type CopyFormat } from './copy-format.ts';
import { Output, type Rewritten } from './output.ts';
import { rewriteTuple, type RowPlan } from './row-mask.ts';

/** `first`: the first message of the COPY, which may hold a header. */
type Place = 'first' | 'later';

export interface CopyPlan extends RowPlan {
  readonly format: CopyFormat;
}

/** Rewrites a run of CopyData messages, each of one row, as servers write them. Throws `MalformedMessage` for what cannot be read so. */
export function rewriteCopy(run: Buffer, plan: CopyPlan, place: Place): Rewritten {
  const out = new Output(run.length);
  let here = place;
  for (let at = 0; at < run.length;) {
    const end = at + 1 + run.readUInt32BE(at + 1);
    const began = out.length;
    out.copy(run, at, at + HEADER_BYTES);
    rewriteMessage(run.subarray(at + HEADER_BYTES, end), plan, out, here);
    out.writeInt32(out.length - began - 1, began + 1);
    here = 'later';
    at = end;
  }
  return out.done();
}

function rewriteMessage(data: Buffer, plan: CopyPlan, out: Output, place: Place): void {
  const { format } = plan;
  if (format.kind === 'binary') rewriteBinary(data, plan, out, place);
  else if (place === 'first' && format.header) out.copy(data, 0, data.length);
  else rewriteLine(data, plan, format, out);
}

const FIXED_HEADER = COPY_SIGNATURE.length + 8;

function rewriteBinary(data: Buffer, plan: RowPlan, out: Output, place: Place): void {
  let at = 0;
  if (place === 'first') {
    if (data.length < FIXED_HEADER || !data.subarray(0, COPY_SIGNATURE.length).equals(COPY_SIGNATURE))
      throw new MalformedMessage('a binary COPY without its header');
    at = FIXED_HEADER + data.readUInt32BE(FIXED_HEADER - 4);
    if (at > data.length) throw new MalformedMessage('a binary COPY with half a header');
    out.copy(data, 0, at);
  }
  while (at < data.length) {
    if (data.length - at === 2 && data.readInt16BE(at) === -1) return out.copy(data, at, data.length);
    at = rewriteTuple(data, at, data.length, plan, out);
  }
}

type LineFormat = Exclude<CopyFormat, { kind: 'binary' }>;

/** Bytes as characters of the same number: what is looked for is ASCII, and nothing else is changed. */
function rewriteLine(data: Buffer, { cells, names }: RowPlan, format: LineFormat, out: Output): void {
  const line = data.toString('latin1');
  if (!line.endsWith('\n')) throw new MalformedMessage('a line of COPY without its end');
  // The old way to end a COPY, which some servers still say.
  if (line === '\\.\n') return out.copy(data, 0, data.length);
  const texts = format.kind === 'csv' ? splitCsv(line.slice(0, -1), format) : splitText(line.slice(0, -1), format.delimiter);
  if (texts.length !== cells.length) throw new MalformedMessage('a line of COPY with other columns than foreseen');
  const written = texts.map((text, index) => {
    const mask = cells[index];
    if (!mask) return text;
    const before = text === format.nothing ? null : Buffer.from(unescaped(text, format), 'latin1');
    const after = mask(before);
    if (after === before) return text;
    out.count(names[index] ?? '');
    return after === null ? format.nothing : escaped(Buffer.from(after).toString('latin1'), format);
  });
  const bytes = Buffer.from(`${written.join(format.delimiter)}\n`, 'latin1');
  out.copy(bytes, 0, bytes.length);
}

function splitText(line: string, delimiter: string): readonly string[] {
  const cells: string[] = [];
  let from = 0;
  for (let at = 0; at < line.length; at += 1) {
    if (line[at] === '\\') at += 1;
    else if (line[at] === delimiter) {
      cells.push(line.slice(from, at));
      from = at + 1;
    }
  }
  return [...cells, line.slice(from)];
}

function splitCsv(line: string, { delimiter, quote, escape }: Extract<LineFormat, { kind: 'csv' }>): readonly string[] {
  const cells: string[] = [];
  let from = 0;
  let quoted = false;
  for (let at = 0; at < line.length; at += 1) {
    const character = line[at];
    if (quoted && character === escape && (line[at + 1] === quote || line[at + 1] === escape)) at += 1;
    else if (character === quote) quoted = !quoted;
    else if (!quoted && character === delimiter) {
      cells.push(line.slice(from, at));
      from = at + 1;
    }
  }
  if (quoted) throw new MalformedMessage('a line of COPY whose quotes do not end');
  return [...cells, line.slice(from)];
}

const SPECIAL: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };

function unescaped(text: string, format: LineFormat): string {
  if (format.kind === 'text') return text.replaceAll(/\\(.)/gs, (_whole, character: string) => SPECIAL[character] ?? character);
  const { quote, escape } = format;
  if (!text.startsWith(quote) || !text.endsWith(quote) || text.length < 2) return text;
  let plain = '';
  for (let at = 1; at < text.length - 1; at += 1) {
    if (text[at] === escape && at + 1 < text.length - 1) at += 1;
    plain += text[at];
  }
  return plain;
}

function escaped(plain: string, format: LineFormat): string {
  if (format.kind === 'csv') {
    const { quote, escape } = format;
    return quote + [...plain].map((character) => (character === quote || character === escape ? escape + character : character)).join('') + quote;
  }
  return [...plain].map((character) => (character === format.delimiter ? `\\${character}` : (NAMED[character] ?? character))).join('');
}

const NAMED: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  ...Object.fromEntries(Object.entries(SPECIAL).map(([letter, character]) => [character, `\\${letter}`])),
};
