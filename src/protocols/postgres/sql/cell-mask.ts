import { columnOverwrite, constantColumnValue, maskedColumnValue, type ColumnShape, type Overwrite } from '../../../masking/column.ts';
import type { ColumnMask } from './mask-verdict.ts';

/** One field of a DataRow: its bytes, or null. */
export type Cell = Uint8Array | null;
export type CellMask = (cell: Cell) => Cell;

const TEXT: ColumnShape = { kind: 'text' };
const JSON_TEXT: ColumnShape = { kind: 'json' };
const OPAQUE: ColumnShape = { kind: 'opaque' };

const JSONB = 3802;

interface NumberType {
  readonly digits: number;
  readonly bytes: (text: string) => Buffer;
  readonly read: (cell: Buffer) => string;
}

const NUMBERS: Readonly<Record<number, NumberType>> = {
  20: { digits: 18, bytes: (text) => filled(8, (buffer) => buffer.writeBigInt64BE(BigInt(text))), read: (cell) => String(cell.readBigInt64BE()) },
  21: { digits: 4, bytes: (text) => filled(2, (buffer) => buffer.writeInt16BE(Number(text))), read: (cell) => String(cell.readInt16BE()) },
  23: { digits: 9, bytes: (text) => filled(4, (buffer) => buffer.writeInt32BE(Number(text))), read: (cell) => String(cell.readInt32BE()) },
  26: { digits: 9, bytes: (text) => filled(4, (buffer) => buffer.writeUInt32BE(Number(text))), read: (cell) => String(cell.readUInt32BE()) },
  700: { digits: 6, bytes: (text) => filled(4, (buffer) => buffer.writeFloatBE(Number(text))), read: (cell) => String(cell.readFloatBE()) },
  701: { digits: 15, bytes: (text) => filled(8, (buffer) => buffer.writeDoubleBE(Number(text))), read: (cell) => String(cell.readDoubleBE()) },
};

const NUMERIC = 1700;

/** By oid of the type, as the row description names it; domains are their base type there. */
const SHAPES: Readonly<Record<number, ColumnShape>> = {
  ...Object.fromEntries([25, 1043, 1042, 19, 18, 705].map((oid) => [oid, TEXT])),
  ...Object.fromEntries(Object.entries(NUMBERS).map(([oid, { digits }]) => [oid, { kind: 'number', digits } satisfies ColumnShape])),
  [NUMERIC]: { kind: 'number', digits: 1000 },
  114: JSON_TEXT,
  [JSONB]: JSON_TEXT,
};

/**
 * Made once for a column of a result. `type` is the oid of its type, `format` that of the row description: 0 for text, 1 for binary.
 * In COPY's text format the cells are texts, too; escaping is the caller's.
 */
export function createCellMask(mask: ColumnMask, type: number, format: 0 | 1, key: Uint8Array): CellMask {
  const shape = SHAPES[type] ?? OPAQUE;
  const encode = encoder(type, format);
  // What says nothing of the value is the same for all, but for null, which only a constant hides.
  const constant = constantColumnValue(shape, mask);
  const bytes = constant === null ? null : encode(constant);
  if (mask.each === 'constant') return () => bytes;
  if (mask.operator === 'redact') return (cell) => cell && bytes;
  const decode = decoder(type, format);
  return (cell) => {
    if (cell === null) return null;
    const text = decode(Buffer.from(cell.buffer, cell.byteOffset, cell.byteLength));
    const masked = text === undefined ? null : maskedColumnValue(text, shape, mask, key);
    return masked === null ? null : encode(masked);
  };
}

/** The same for cells that can be masked where they lie; undefined where those of the column cannot. */
export function createCellOverwrite(mask: ColumnMask, type: number): Overwrite | undefined {
  return mask.each === 'constant' ? undefined : columnOverwrite(SHAPES[type] ?? OPAQUE, mask);
}

function encoder(type: number, format: 0 | 1): (text: string) => Cell {
  if (format === 0) return (text) => Buffer.from(text);
  const number = NUMBERS[type];
  if (number) return number.bytes;
  // Only zero has a form that needs no digits; another number would have to be written in base 10,000.
  if (type === NUMERIC) return (text) => (text === '0' ? Buffer.alloc(8) : null);
  if (type === JSONB) return (text) => Buffer.concat([Buffer.of(1), Buffer.from(text)]);
  return (text) => Buffer.from(text);
}

/** Undefined where the text of a binary form is not known: then nothing of the value is kept. */
function decoder(type: number, format: 0 | 1): (cell: Buffer) => string | undefined {
  if (format === 0) return (cell) => cell.toString();
  const number = NUMBERS[type];
  if (number) return (cell) => (cell.length === number.bytes('0').length ? number.read(cell) : undefined);
  if (type === NUMERIC) return () => '0';
  if (type === JSONB) return (cell) => cell.subarray(1).toString();
  return (cell) => cell.toString();
}

function filled(length: number, write: (buffer: Buffer) => void): Buffer {
  const buffer = Buffer.alloc(length);
  write(buffer);
  return buffer;
}
