import { CompiledQuery, type Transaction } from 'kysely';
import type { EventRow, Schema } from '../storage/schema.ts';

/** Rows of one statement: few sizes, so that each statement is put together, and prepared by the database, once. */
const SIZES = [256, 64, 16, 4, 1] as const;

/** Inserts rows that may be there already. Putting a statement of thousands of parameters together costs more than carrying it out. */
export class EventInserts {
  readonly #texts = new Map<number, string>();

  async insert(transaction: Transaction<Schema>, rows: readonly EventRow[]): Promise<void> {
    let from = 0;
    while (from < rows.length) {
      const left = rows.length - from;
      const some = rows.slice(from, from + (SIZES.find((size) => size <= left) ?? 1));
      await transaction.executeQuery(CompiledQuery.raw(this.#text(transaction, some), some.flatMap(valuesOf)));
      from += some.length;
    }
  }

  #text(transaction: Transaction<Schema>, rows: readonly EventRow[]): string {
    const known = this.#texts.get(rows.length);
    if (known !== undefined) return known;
    const { sql } = transaction
      .insertInto('events')
      .values([...rows])
      .onConflict((conflict) => conflict.doNothing())
      .compile();
    this.#texts.set(rows.length, sql);
    return sql;
  }
}

/** In the order of the statement's columns, which is that of the members: `eventRow` always writes them in the same. */
function valuesOf(row: EventRow): unknown[] {
  return Object.values(row);
}
