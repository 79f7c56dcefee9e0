import type { MaskOperator } from '../core/decision.ts';
import { JsonNumber } from '../core/json.ts';
import { maskedNumber, maskedText, overwritePartial } from './operator.ts';

/** What a column of a result can hold instead: a text, a number of so many digits, JSON, or nothing that would fit but null. */
export type ColumnShape = { readonly kind: 'text' | 'json' | 'opaque' } | { readonly kind: 'number'; readonly digits: number };

export interface ColumnMasking {
  readonly operator: MaskOperator;
  /** What a placeholder calls it: `[redacted:ssn]`. */
  readonly name: string;
}

/** What stands for one value of a masked column, as text; null stays null. */
export function maskedColumnValue(value: string, shape: ColumnShape, { operator, name }: ColumnMasking, key: Uint8Array): string | null {
  if (operator === 'null' || shape.kind === 'opaque') return null;
  if (shape.kind === 'number') return fitting(maskedNumber(value, operator, key), shape.digits);
  const text = maskedText(value, name, operator, key);
  return shape.kind === 'json' ? JSON.stringify(text) : text;
}

/** Writes over the bytes of one value; false where what stands for it is of another length: then nothing was changed. */
export type Overwrite = (bytes: Uint8Array, start: number, end: number) => boolean;

/** How values of a column are masked where they lie: undefined where none can be. Says the same as `maskedColumnValue`. */
export function columnOverwrite(shape: ColumnShape, { operator }: ColumnMasking): Overwrite | undefined {
  return shape.kind === 'text' && operator === 'partial' ? overwritePartial : undefined;
}

/** What stands for every value of a column that is made of masked ones: it says nothing of any, not even which is null. */
export function constantColumnValue(shape: ColumnShape, { operator, name }: ColumnMasking): string | null {
  if (operator === 'null' || shape.kind === 'opaque') return null;
  if (shape.kind === 'number') return '0';
  const text = `[redacted:${name}]`;
  return shape.kind === 'json' ? JSON.stringify(text) : text;
}

/** The last digits of a number, as many as its type surely holds. */
function fitting(masked: ReturnType<typeof maskedNumber>, digits: number): string {
  const text = masked instanceof JsonNumber ? masked.text : String(Number(masked));
  return text.length <= digits ? text : String(Number(text.slice(-digits)));
}
