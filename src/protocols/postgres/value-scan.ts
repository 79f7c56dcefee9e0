import type { MaskRule } from '../../core/decision.ts';
import { parseJson, writeJson } from '../../core/json.ts';
import type { Masker } from '../../core/masker.ts';
import type { ResultColumn } from './messages.ts';
import type { RowPlan } from './row-mask.ts';
import { createCellMask, type Cell, type CellMask } from './sql/cell-mask.ts';

/** Whether rules look at values or into documents, beside columns: then every cell is looked at. */
export const looksAtValues = (rules: readonly MaskRule[]): boolean =>
  rules.some(({ detect, pattern, words, fields }) => detect.length > 0 || pattern !== undefined || words !== undefined || fields.length > 0);

/** The plan with every cell looked at, after what columns say. */
export function withValues(plan: RowPlan, columns: readonly ResultColumn[], masker: Masker, key: Uint8Array): RowPlan {
  return {
    cells: columns.map(({ type, format }, at) => {
      const look = lookAt(type, format, masker, key);
      const own = plan.cells[at];
      return own ? (cell) => look(own(cell)) : look;
    }),
    names: columns.map((_column, at) => plan.names[at] || 'values'),
  };
}

const TEXTS: ReadonlySet<number> = new Set([25, 1043, 1042, 19, 18, 705]);
const JSONS: ReadonlySet<number> = new Set([114, 3802]);

function lookAt(type: number, format: 0 | 1, masker: Masker, key: Uint8Array): CellMask {
  if (TEXTS.has(type)) return (cell) => lookAtText(cell, masker);
  // In its place stands what its type can hold: a number, or nothing.
  const instead = createCellMask({ operator: 'redact', name: 'value', each: 'constant' }, type, format, key);
  if (JSONS.has(type)) return (cell) => lookAtJson(cell, format === 1 && type === 3802 ? 1 : 0, masker, instead);
  return (cell) => {
    if (cell === null) return null;
    const text = format === 0 ? bytesOf(cell).toString() : binaryText(bytesOf(cell), type);
    return masker.text(text).applied.some(({ by }) => by === 'detector') ? instead(cell) : cell;
  };
}

const bytesOf = (cell: Uint8Array): Buffer => Buffer.from(cell.buffer, cell.byteOffset, cell.byteLength);

function lookAtText(cell: Cell, masker: Masker): Cell {
  if (cell === null) return null;
  const text = bytesOf(cell).toString();
  const { value } = masker.text(text);
  return value === text ? cell : Buffer.from(value);
}

/** `skipped`: bytes before the text, as binary `jsonb` has. */
function lookAtJson(cell: Cell, skipped: 0 | 1, masker: Masker, instead: CellMask): Cell {
  if (cell === null) return null;
  const bytes = bytesOf(cell);
  try {
    const before = parseJson(bytes.subarray(skipped).toString());
    const { value } = masker.json(before);
    return value === before ? cell : Buffer.concat([bytes.subarray(0, skipped), Buffer.from(writeJson(value))]);
  } catch {
    // What two readers could read differently cannot be masked by place.
    return instead(cell);
  }
}

/** What a binary value is as text, as far as detectors find anything in it; else its bytes, in which texts stand as they are. */
function binaryText(cell: Buffer, type: number): string {
  if (type === 20 && cell.length === 8) return String(cell.readBigInt64BE());
  if (type === 701 && cell.length === 8) return String(cell.readDoubleBE());
  if (type === 1700 && cell.length >= 8) return numericText(cell);
  return cell.toString();
}

/** Digits in base 10,000: https://github.com/postgres/postgres/blob/master/src/backend/utils/adt/numeric.c (`numeric_send`). */
function numericText(cell: Buffer): string {
  const weight = cell.readInt16BE(2);
  let text = '';
  for (let at = 8, place = weight; at + 1 < cell.length; at += 2, place -= 1) {
    text += String(cell.readUInt16BE(at)).padStart(4, '0');
    if (place === 0) text += '.';
  }
  return text.replace(/^0+/, '').replace(/\.$/, '');
}
