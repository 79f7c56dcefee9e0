import { MalformedMessage } from './codec.ts';
import type { ResultColumn } from './messages.ts';
import type { RowPlan } from './row-mask.ts';
import type { AnalysedStatement } from './sql/analysis.ts';
import { createCellMask, createCellOverwrite, type CellMask } from './sql/cell-mask.ts';
import type { ColumnMask, ColumnMasks } from './sql/mask-verdict.ts';
import type { Understood } from './understanding.ts';

/** What was foreseen of one result. Undefined where nothing is masked for the subject at all: then nothing depends on it. */
export interface Foreseen {
  readonly statement: AnalysedStatement;
  readonly columns: readonly (ColumnMask | undefined)[];
  readonly masks: ColumnMasks;
  /** Whether a column of it is masked. */
  readonly masked: boolean;
}

/** The result of the statement at a place of its text. Throws where there is no such statement. */
export function foreseenOf({ analysis, verdict, masks }: Understood, at: number): Foreseen | undefined {
  if (masks.columns.size === 0) return undefined;
  const statement = analysis.statements[at];
  const columns = verdict.kind === 'masked' ? verdict.statements[at] : undefined;
  if (!statement || !columns) throw new MalformedMessage('a result that belongs to no statement');
  return { statement, columns, masks, masked: columns.some((mask) => mask !== undefined) };
}

/** Throws where the server describes another result than the one that was decided about. */
export function checkColumns({ statement, columns, masks }: Foreseen, described: readonly ResultColumn[]): void {
  if (described.length !== columns.length) throw new MalformedMessage(`a result of ${described.length} columns, where ${columns.length} were foreseen`);
  for (const [at, { relation }] of described.entries()) {
    if (columns[at] || !masks.relations.has(relation)) continue;
    const origins = statement.columns[at]?.value.origins ?? new Set<string>();
    if (![...origins].some((origin) => origin.startsWith(`${relation}.`))) throw new MalformedMessage('a column that comes from elsewhere than foreseen');
  }
}

/** What is done with each row; undefined where rows pass as they are. */
export function planRows({ columns, statement }: Foreseen, described: readonly ResultColumn[], key: Uint8Array): RowPlan {
  const plan = planOf(columns, statement, (mask, at) => createCellMask(mask, described[at]?.type ?? 0, described[at]?.format ?? 0, key));
  const overwrites = columns.map((mask, at) => mask && createCellOverwrite(mask, described[at]?.type ?? 0));
  return overwrites.some((overwrite, at) => columns[at] && !overwrite) ? plan : { ...plan, overwrites };
}

/** COPY does not say what types its columns have: they are those of the stored columns. */
export function planCopy({ columns, statement }: Foreseen, format: 0 | 1, key: Uint8Array): RowPlan {
  return planOf(columns, statement, (mask, at) => createCellMask(mask, statement.columns[at]?.value.type ?? 0, format, key));
}

function planOf(columns: Foreseen['columns'], { columns: fields }: AnalysedStatement, make: (mask: ColumnMask, at: number) => CellMask): RowPlan {
  return {
    cells: columns.map((mask, at) => mask && make(mask, at)),
    // A name with a dot is a place in the record, as `public.people.ssn` in a policy is.
    names: columns.map((mask, at) => (mask ? `column.${fields[at]?.name ?? ''}` : '')),
  };
}
