import type { Transaction } from 'kysely';
import type { Finding } from '../../../core/definitions.ts';
import type { EventSubject } from '../../../core/event.ts';
import type { Schema, ToolPinRow } from '../../../storage/schema.ts';
import type { Storage } from '../../../storage/storage.ts';
import type { Pin, PinState, PinStatus } from './pin.ts';

/** When a target's first list ended; what comes later is new. */
export interface FirstList {
  readonly endedAt: number | undefined;
}

export interface PinChange {
  /** Rows to write, whole. */
  readonly save: readonly Pin[];
  readonly drop: readonly Pin[];
  readonly endedAt?: number;
}

/** Where pins are kept. */
export interface PinStore {
  states(target: string): Promise<readonly PinState[]>;
  pins(target: string): Promise<readonly Pin[]>;
  /**
   * Reads, decides and writes as one: no other process changes the target's pins in between. `change` may record; where it
   * rejects nothing is written. Where there is no first list yet, one begins at `now`.
   */
  change(target: string, now: number, change: (pins: readonly Pin[], first: FirstList) => Promise<PinChange>): Promise<void>;
}

export function storedPins({ db }: Pick<Storage, 'db'>): PinStore {
  return {
    async states(target) {
      const rows = await db.selectFrom('tool_pins').select(['name', 'hash', 'status', 'latest_at', 'findings']).where('target', '=', target).execute();
      return rows.map(stateOf);
    },
    async pins(target) {
      return (await db.selectFrom('tool_pins').selectAll().where('target', '=', target).orderBy('name').execute()).map(pinOf);
    },
    change: (target, now, change) =>
      db.transaction().execute(async (within) => {
        const first = await lockTarget(within, target, now);
        const rows = await within.selectFrom('tool_pins').selectAll().where('target', '=', target).execute();
        await write(within, target, await change(rows.map(pinOf), first));
      }),
  };
}

/** The update locks the row, in PostgreSQL and in SQLite: whoever else changes this target's pins waits. */
async function lockTarget(db: Transaction<Schema>, target: string, now: number): Promise<FirstList> {
  await db
    .insertInto('pinned_targets')
    .values({ target, first_at: now, ended_at: null })
    .onConflict((conflict) => conflict.column('target').doNothing())
    .execute();
  const row = await db.updateTable('pinned_targets').set({ target }).where('target', '=', target).returningAll().executeTakeFirstOrThrow();
  return { endedAt: row.ended_at ?? undefined };
}

async function write(db: Transaction<Schema>, target: string, { save, drop, endedAt }: PinChange): Promise<void> {
  for (const { name, hash } of drop) await db.deleteFrom('tool_pins').where('target', '=', target).where('name', '=', name).where('hash', '=', hash).execute();
  for (const pin of save) {
    const row = rowOf(target, pin);
    await db
      .insertInto('tool_pins')
      .values(row)
      .onConflict((conflict) => conflict.columns(['target', 'name', 'hash']).doUpdateSet(row))
      .execute();
  }
  if (endedAt !== undefined) await db.updateTable('pinned_targets').set({ ended_at: endedAt }).where('target', '=', target).execute();
}

function rowOf(target: string, pin: Pin): ToolPinRow {
  const { name, hash, definition, status, seenAt, latestAt, findings, decidedBy, decidedAt } = pin;
  return {
    target,
    name,
    hash,
    definition,
    status,
    seen_at: seenAt,
    latest_at: latestAt,
    findings: JSON.stringify(findings),
    decided_by: decidedBy === undefined ? null : JSON.stringify(decidedBy),
    decided_at: decidedAt ?? null,
  };
}

type StateRow = Pick<ToolPinRow, 'name' | 'hash' | 'status' | 'latest_at' | 'findings'>;

/** Rows are written by `rowOf` alone. */
const stateOf = ({ name, hash, status, latest_at, findings }: StateRow): PinState => ({
  name,
  hash,
  status: status as PinStatus,
  latestAt: latest_at,
  findings: JSON.parse(findings) as readonly Finding[],
});

function pinOf(row: ToolPinRow): Pin {
  // As above: what is parsed here, `rowOf` wrote.
  const { definition, seen_at: seenAt, decided_by: by, decided_at: at } = row;
  return {
    ...stateOf(row),
    definition,
    seenAt,
    ...(by === null ? {} : { decidedBy: JSON.parse(by) as EventSubject }),
    ...(at === null ? {} : { decidedAt: at }),
  };
}

/** For a gateway without a database, and for tests: forgotten at its end. */
export function memoryPins(): PinStore {
  const targets = new Map<string, { first: FirstList; pins: readonly Pin[] }>();
  const of = (target: string): readonly Pin[] => targets.get(target)?.pins ?? [];
  let turn: Promise<void> = Promise.resolve();
  return {
    states: (target) => Promise.resolve(of(target)),
    pins: (target) => Promise.resolve(of(target)),
    change(target, _now, change) {
      const next = turn.then(async () => {
        const { first, pins } = targets.get(target) ?? { first: { endedAt: undefined }, pins: [] };
        const { save, drop, endedAt = first.endedAt } = await change(pins, first);
        const gone = new Set([...save, ...drop].map(({ name, hash }) => `${hash} ${name}`));
        targets.set(target, { first: { endedAt }, pins: [...pins.filter(({ name, hash }) => !gone.has(`${hash} ${name}`)), ...save] });
      });
      turn = next.catch(() => {});
      return next;
    },
  };
}
