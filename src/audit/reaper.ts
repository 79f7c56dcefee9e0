import { makeEvent, type EventParts } from '../core/event.ts';
import type { Storage } from '../storage/storage.ts';
import type { Journal } from './journal.ts';
import { readLeaf } from './leaf.ts';
import { writerOf } from './owner.ts';

export interface ReaperOptions {
  readonly storage: Storage;
  readonly journal: Journal;
  /** Resolves when what is durable now is in the index. */
  readonly indexed: () => Promise<void>;
  readonly now?: () => number;
}

/** How long after its last sign of life another gateway is taken for dead: twice what approvals wait, since nothing here is urgent. */
const DEAD_AFTER_MS = 60_000;

/**
 * What this gateway's own former life left open: a process that ended without closing its sessions. `position`: that of the journal when it was
 * opened; whoever came back since is not reaped. Returns how many sessions were closed.
 */
export async function reapOwn(options: ReaperOptions, position: number): Promise<number> {
  const { journal, now = Date.now } = options;
  if (journal.cutBytes > 0) {
    const note = `the process before ended within a commit: ${journal.cutBytes} bytes of it, of which nobody was told that they are recorded, were cut off`;
    await journal.append(makeEvent('recorder.gap', { outcome: { status: 'unclean_end' }, note }, new Date(now())));
  }
  await options.indexed();
  return reapWriter(options, journal.writer, position);
}

/** The same for other gateways that share the database and have not been heard of. Whoever takes a dead one's row away reaps its sessions, and nobody else. */
export async function reapDead(options: ReaperOptions): Promise<number> {
  const { storage, journal, now = Date.now } = options;
  const before = now() - DEAD_AFTER_MS;
  const dead = await storage.db.selectFrom('owners').select('owner').where('alive_until', '<', before).execute();
  let reaped = 0;
  for (const { owner } of dead.filter((row) => writerOf(row.owner) !== journal.writer)) {
    await storage.db.transaction().execute(async (db) => {
      const { numDeletedRows } = await db.deleteFrom('owners').where('owner', '=', owner).where('alive_until', '<', before).executeTakeFirst();
      if (numDeletedRows > 0n) reaped += await reapWriter({ ...options, storage: { ...storage, db } }, writerOf(owner), Number.MAX_SAFE_INTEGER);
    });
  }
  return reaped;
}

async function reapWriter({ storage, journal, now = Date.now }: ReaperOptions, writer: string, before: number): Promise<number> {
  const open = await storage.db.selectFrom('sessions').select('id').where('closed_at', 'is', null).execute();
  let reaped = 0;
  for (const { id } of open) {
    const events = await storage.db
      .selectFrom('events')
      .select(['id', 'kind', 'intent', 'writer', 'leaf_index', 'leaf'])
      .where('session', '=', id)
      .orderBy('leaf_index')
      .execute();
    const last = events.findLast((event) => event.writer === writer);
    if (!last || last.leaf_index >= before || events.some((event) => event.writer !== writer)) continue;
    const answered = new Set(events.map(({ intent }) => intent));
    const unknown = events.filter((event) => event.kind === 'command.forwarded' && !answered.has(event.id)).length;
    const note = `the gateway that had it open ended without closing it${unknown === 0 ? '' : `; how ${unknown} of its commands ended is not known`}`;
    await journal.append(makeEvent('session.reaped', { ...partsOf(id, last.leaf), note }, new Date(now())));
    reaped += 1;
  }
  return reaped;
}

function partsOf(session: string, leafText: string): EventParts {
  const leaf = readLeaf(Buffer.from(leafText));
  const { subject, target, protocol, client } = leaf ?? {};
  return { session, ...(subject ? { subject } : {}), ...(target ? { target } : {}), ...(protocol ? { protocol } : {}), ...(client ? { client } : {}) };
}
