import type { Kysely } from 'kysely';
import type { OutboxRow, Schema } from '../storage/schema.ts';

export type NewMessage = Pick<OutboxRow, 'id' | 'thread' | 'channel' | 'address' | 'payload'>;

/** Longer than anything is looked for again that might ask for the same message once more. */
const KEEP_MS = 7 * 86_400_000;

/** Due at once; what is there already stays as it is. Each is a millisecond younger than the one before it, from `now` on: that is their order. */
export async function insertMessages(db: Kysely<Schema>, messages: readonly NewMessage[], now: number): Promise<void> {
  if (messages.length === 0) return;
  const rest = { tries: 0, next_at: 0, held_until: 0, outcome: null, ended_at: null, receipt: null };
  await db
    .insertInto('outbox')
    .values(messages.map((message, index) => ({ ...message, ...rest, created_at: now + index })))
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** Messages whose time has come, the first of each thread, oldest first. */
export async function dueMessages(db: Kysely<Schema>, now: number, limit: number): Promise<readonly OutboxRow[]> {
  return db
    .selectFrom('outbox as message')
    .selectAll()
    .where('ended_at', 'is', null)
    .where('next_at', '<=', now)
    .where('held_until', '<=', now)
    .where((where) =>
      where.not(
        where.exists(
          where
            .selectFrom('outbox as before')
            .select('before.id')
            .whereRef('before.thread', '=', 'message.thread')
            .where('before.ended_at', 'is', null)
            .whereRef('before.id', '!=', 'message.id')
            .where((both) =>
              both.or([
                both('before.created_at', '<', both.ref('message.created_at')),
                both.and([both('before.created_at', '=', both.ref('message.created_at')), both('before.id', '<', both.ref('message.id'))]),
              ]),
            ),
        ),
      ),
    )
    .orderBy('created_at')
    .orderBy('id')
    .limit(limit)
    .execute();
}

/** Of several processes one gets it; it is free again when the hold ends. */
export async function holdMessage(db: Kysely<Schema>, { id, held_until }: OutboxRow, until: number): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('outbox')
    .set({ held_until: until })
    .where('id', '=', id)
    .where('ended_at', 'is', null)
    .where('held_until', '=', held_until)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

export async function endMessage(
  db: Kysely<Schema>,
  id: string,
  ended: { readonly outcome: OutboxRow['outcome']; readonly receipt?: string | undefined },
  now: number,
): Promise<void> {
  await db
    .updateTable('outbox')
    .set({ outcome: ended.outcome, receipt: ended.receipt ?? null, ended_at: now, held_until: 0 })
    .where('id', '=', id)
    .execute();
}

export async function postponeMessage(db: Kysely<Schema>, id: string, later: { readonly tries: number; readonly nextAt: number }): Promise<void> {
  await db.updateTable('outbox').set({ tries: later.tries, next_at: later.nextAt, held_until: 0 }).where('id', '=', id).execute();
}

/** When something will be due that is not now; undefined where nothing waits. */
export async function nextDue(db: Kysely<Schema>): Promise<number | undefined> {
  const rows = await db.selectFrom('outbox').select(['next_at', 'held_until']).where('ended_at', 'is', null).orderBy('next_at').limit(100).execute();
  return rows.length === 0 ? undefined : Math.min(...rows.map(({ next_at, held_until }) => Math.max(next_at, held_until)));
}

/** What the other side called the last message of this thread that it got. */
export async function lastReceipt(db: Kysely<Schema>, thread: string): Promise<string | undefined> {
  const row = await db
    .selectFrom('outbox')
    .select('receipt')
    .where('thread', '=', thread)
    .where('receipt', 'is not', null)
    .orderBy('created_at', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row?.receipt ?? undefined;
}

export async function forgetOldMessages(db: Kysely<Schema>, now: number): Promise<void> {
  await db
    .deleteFrom('outbox')
    .where('ended_at', '<', now - KEEP_MS)
    .execute();
}

export async function releaseMessages(db: Kysely<Schema>): Promise<void> {
  await db.updateTable('outbox').set({ held_until: 0 }).where('ended_at', 'is', null).where('held_until', '>', 0).execute();
}
