import { isSallyportError } from '../core/error.ts';
import { parseJson, type JsonValue } from '../core/json.ts';

/** What a text holds that is encoded once more. */
export interface Nested<T> {
  readonly value: T;
  /** Writes the masked value back in the same encoding. */
  write(masked: T): string;
  /** The value is not all that the text holds: the text must not be kept even where nothing is masked. */
  readonly lossy?: boolean;
}

/** The text as a JSON object, array or string; undefined where it is none. */
export function nestedJson(text: string): Nested<JsonValue> | undefined {
  if (!/^[\s\ufeff]{0,64}["[{]/.test(text) || !/["\]}]\s{0,64}$/.test(text)) return undefined;
  const trimmed = text.trim();
  const read = readJson(trimmed);
  if (read === undefined) return undefined;
  return { ...read, write: (masked) => JSON.stringify(masked, null, indentOf(trimmed)) };
}

/** How the members of a JSON text are indented, if they are. */
export const indentOf = (text: string): string | undefined => /^[[{]\r?\n([ \t]{1,10})\S/.exec(text)?.[1];

/**
 * A text with duplicate keys is read as most parsers do, the last one counting: a place must not be hidden by naming it twice.
 * It is written back without the others, for nobody looked into them.
 */
function readJson(text: string): { readonly value: JsonValue; readonly lossy?: boolean } | undefined {
  try {
    return { value: parseJson(text) };
  } catch (error) {
    if (isSallyportError(error, 'limit_exceeded')) throw error;
    // JSON.parse gives nothing but JSON values.
    return isSallyportError(error, 'json_ambiguous') ? { value: JSON.parse(text) as JsonValue, lossy: true } : undefined;
  }
}

const STANDARD = /^[A-Za-z0-9+/]+={0,2}$/;
const URL_SAFE = /^[A-Za-z0-9_-]+={0,2}$/;
const MIN_BASE64 = 16;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The text as base64 (either alphabet, line breaks allowed) of readable UTF-8 text. */
export function nestedBase64(text: string): Nested<string> | undefined {
  const compact = /[\r\n]/.test(text) ? text.replace(/[\r\n]+/g, '') : text;
  if (compact.length < MIN_BASE64 || !beginsReadable(compact)) return undefined;
  const encoding = STANDARD.test(compact) ? 'base64' : URL_SAFE.test(compact) ? 'base64url' : undefined;
  if (!encoding || compact.replace(/=+$/, '').length % 4 === 1) return undefined;
  const value = readable(Buffer.from(compact, 'base64'));
  if (value === undefined) return undefined;
  return { value, write: (masked) => padded(Buffer.from(masked).toString(encoding), encoding === 'base64url' && compact.endsWith('=')) };
}

/** Most tokens and hashes fail here, before anything is decoded. */
function beginsReadable(text: string): boolean {
  const start = Buffer.from(text.slice(0, 8), 'base64');
  return start.every((byte) => byte >= 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d);
}

/** Bytes as text, if they are UTF-8 without control characters other than white space. */
export function readable(bytes: Uint8Array): string | undefined {
  try {
    const text = utf8.decode(bytes);
    // eslint-disable-next-line no-control-regex -- binary data is told by them
    return /[\u0000-\u0006\u000e-\u001a]/.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}

const padded = (text: string, pad: boolean): string => (pad ? text.padEnd(Math.ceil(text.length / 4) * 4, '=') : text);

const JSON_START = /[{[]\s{0,64}(?:["{[\]}]|-?\d|true|false|null)/g;
const MAX_UNCLOSED = 8;

/** Stretches of a longer text that are a JSON object or array: a fenced block, a line of a log, several lines of NDJSON. */
export function embeddedJson(text: string): readonly { readonly start: number; readonly end: number }[] {
  const stretches: { start: number; end: number }[] = [];
  let unclosed = 0;
  JSON_START.lastIndex = 0;
  for (let match = JSON_START.exec(text); match && unclosed < MAX_UNCLOSED; match = JSON_START.exec(text)) {
    const end = balancedEnd(text, match.index);
    if (end === undefined) unclosed += 1;
    else stretches.push({ start: match.index, end });
    JSON_START.lastIndex = end ?? match.index + 1;
  }
  return stretches;
}

/** Where a longer text holds JSON that does not end in it, as far as can be told. */
export function openJson(text: string): number | undefined {
  JSON_START.lastIndex = 0;
  for (let match = JSON_START.exec(text); match; match = JSON_START.exec(text)) {
    const end = balancedEnd(text, match.index);
    if (end === undefined) return match.index;
    JSON_START.lastIndex = end;
  }
  return undefined;
}

/** Where the bracket that opens at `start` closes, strings skipped. */
function balancedEnd(text: string, start: number): number | undefined {
  let depth = 0;
  for (let at = start; at < text.length; at += 1) {
    const character = text[at];
    if (character === '"') at = stringEnd(text, at);
    else if (character === '{' || character === '[') depth += 1;
    else if ((character === '}' || character === ']') && (depth -= 1) === 0) return at + 1;
  }
  return undefined;
}

function stringEnd(text: string, quote: number): number {
  for (let at = quote + 1; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === '"') return at;
  }
  return text.length;
}
