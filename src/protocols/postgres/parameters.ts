import { isUtf8 } from 'node:buffer';
import { MalformedMessage } from './codec.ts';
import type { Bind, ResultColumn } from './messages.ts';

/** Bound values as the analysis reads them: texts, whatever form they travel in; what has no text here is `base64:...`. */
export function boundTexts({ formats, values }: Bind, types: readonly number[]): readonly (string | null)[] {
  return values.map((value, at) => {
    if (value === null) return null;
    const format = formats.length === 1 ? formats[0] : formats[at];
    return (format ?? 0) === 0 ? textOf(value) : binaryText(value, types[at] ?? 0);
  });
}

/** Whether the types that the server finds out are needed to read a value. */
export const needsTypes = ({ formats, values }: Bind, types: readonly number[]): boolean =>
  formats.includes(1) && values.some((value, at) => value !== null && (types[at] ?? 0) === 0);

/** A value of a row, written as a bound one is. */
export function cellText(value: Buffer, { type, format }: Pick<ResultColumn, 'type' | 'format'>): string {
  try {
    return format === 0 ? textOf(value) : binaryText(value, type);
  } catch (error) {
    if (error instanceof MalformedMessage) return base64Text(value);
    throw error;
  }
}

function textOf(value: Buffer): string {
  if (!isUtf8(value)) throw new MalformedMessage('a parameter that is not UTF-8');
  return value.toString();
}

/** https://www.postgresql.org/docs/current/catalog-pg-type.html, by oid. */
const TEXTS: ReadonlySet<number> = new Set([25, 1043, 1042, 19, 18, 705, 114, 142]);
/** `oid` and what is written as a name and sent as one: regproc, regclass, regtype and their like. */
const OIDS: ReadonlySet<number> = new Set([26, 24, 2202, 2203, 2204, 2205, 2206, 3734, 3769, 4089, 4096, 4191]);

function binaryText(value: Buffer, type: number): string {
  if (TEXTS.has(type)) return textOf(value);
  if (OIDS.has(type) && value.length === 4) return String(value.readUInt32BE());
  if (type === 21 && value.length === 2) return String(value.readInt16BE());
  if (type === 23 && value.length === 4) return String(value.readInt32BE());
  if (type === 20 && value.length === 8) return String(value.readBigInt64BE());
  if (type === 16 && value.length === 1) return value[0] === 0 ? 'f' : 't';
  if (type === 3802 && value[0] === 1) return textOf(value.subarray(1));
  if (type === 2950 && value.length === 16) return value.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  return base64Text(value);
}

const base64Text = (value: Buffer): string => `base64:${value.toString('base64')}`;
