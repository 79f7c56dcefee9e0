import type { Transaction } from 'kysely';
import { START, type Position, type Positions } from '../audit/sinks/positions.ts';
import type { Schema } from '../storage/schema.ts';
import type { Storage } from '../storage/storage.ts';

const SINK = 'alerts';

/**
 * How far alerts have read the record. What counts moves its writer's position within the transaction in which it is counted; what counts
 * for nothing may be read again after a crash, so that it costs no transaction of its own.
 */
export class AlertPositions implements Positions {
  readonly #storage: Storage;
  readonly #now: Map<string, Position>;
  readonly #saved: Map<string, number>;

  private constructor(storage: Storage, saved: ReadonlyMap<string, number>) {
    this.#storage = storage;
    this.#saved = new Map(saved);
    this.#now = new Map([...saved].map(([writer, next]) => [writer, position(next)]));
  }

  static async open(storage: Storage): Promise<AlertPositions> {
    const rows = await storage.db.selectFrom('sink_positions').select(['writer', 'next_leaf']).where('sink', '=', SINK).execute();
    return new AlertPositions(storage, new Map(rows.map((row) => [row.writer, row.next_leaf])));
  }

  get(writer: string): Position {
    return this.#now.get(writer) ?? START;
  }

  set(writer: string, now: Position): void {
    this.#now.set(writer, now);
  }

  durable(writer: string): Position {
    return position(this.#savedOf(writer));
  }

  get isSaved(): boolean {
    return [...this.#now].every(([writer, { next }]) => this.#savedOf(writer) >= next);
  }

  async save(): Promise<void> {
    const moved = [...this.#now].filter(([writer, { next }]) => this.#savedOf(writer) < next);
    if (moved.length === 0) return;
    await this.#storage.db.transaction().execute(async (transaction) => {
      for (const [writer, { next }] of moved) await this.move(transaction, writer, next);
    });
    for (const [writer, { next }] of moved) this.moved(writer, next);
  }

  /** A transaction that moved it is over: it need not be saved again. */
  moved(writer: string, next: number): void {
    this.#saved.set(writer, Math.max(this.#savedOf(writer), next));
  }

  #savedOf(writer: string): number {
    return this.#saved.get(writer) ?? 0;
  }

  /** As the database has it within this transaction. */
  async stored(transaction: Transaction<Schema>, writer: string): Promise<number> {
    const row = await transaction.selectFrom('sink_positions').select('next_leaf').where('sink', '=', SINK).where('writer', '=', writer).executeTakeFirst();
    return row?.next_leaf ?? 0;
  }

  /** Forward only: a save of what was read so far may come behind a count that is further. */
  async move(transaction: Transaction<Schema>, writer: string, next: number): Promise<void> {
    await transaction
      .insertInto('sink_positions')
      .values({ sink: SINK, writer, next_leaf: next })
      .onConflict((conflict) => conflict.columns(['sink', 'writer']).doUpdateSet({ next_leaf: next }).where('sink_positions.next_leaf', '<', next))
      .execute();
  }
}

/** Nothing is made of checkpoints here: all before it count as read. */
const position = (next: number): Position => ({ next, signed: next });
