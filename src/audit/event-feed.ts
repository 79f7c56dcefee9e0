import { setTimeout } from 'node:timers/promises';
import { SallyportError } from '../core/error.ts';
import type { Event } from '../core/event.ts';
import type { Storage } from '../storage/storage.ts';
import type { Journal } from './journal.ts';
import { INDEX_GATHER_MS } from './index-sink.ts';
import { readLeaf } from './leaf.ts';
import { eventOf } from './replay.ts';
import { SessionOwners } from './search/session-owners.ts';

/** The next event of each writer. */
export type FeedPositions = ReadonlyMap<string, number>;

export interface FeedEvent {
  readonly event: Event;
  /** `subjectKey` of whoever's session it is part of. */
  readonly owner: string | undefined;
}

export interface FeedPiece {
  readonly events: readonly FeedEvent[];
  /** Where the next piece begins. */
  readonly positions: FeedPositions;
}

/** What is recorded, as it comes, of every process that writes to the index; none is left out and none comes twice. */
export interface EventFeed {
  /** Behind everything that is in the index now. */
  end(): Promise<FeedPositions>;
  read(from: FeedPositions): Promise<FeedPiece>;
  /** Until something of this process may have come, or the time is over. */
  changed(patienceMs: number, signal: AbortSignal): Promise<void>;
}

/** As many of each writer at a time. */
const PIECE = 200;
/** The index gathers for a moment what the journal has. */
const INDEX_LAG_MS = INDEX_GATHER_MS + 20;

export function openEventFeed(storage: Storage, journal: Journal): EventFeed {
  const owners = new SessionOwners(storage);
  const ends = async (): Promise<FeedPositions> => {
    const rows = await storage.db.selectFrom('sink_positions').select(['writer', 'next_leaf']).where('sink', '=', 'index').execute();
    return new Map(rows.map((row) => [row.writer, row.next_leaf]));
  };
  return {
    end: ends,
    async read(from) {
      const events: FeedEvent[] = [];
      const positions = new Map(from);
      for (const [writer, end] of await ends()) {
        const start = from.get(writer) ?? 0;
        if (start >= end) continue;
        const next = Math.min(end, start + PIECE);
        for (const event of await readPiece(storage, writer, start, next)) events.push({ event, owner: await owners.of(event) });
        positions.set(writer, next);
      }
      return { events: events.toSorted((a, b) => (a.event.id < b.event.id ? -1 : 1)), positions };
    },
    async changed(patienceMs, signal) {
      const woken = new AbortController();
      const stop = journal.watch(() => woken.abort());
      await setTimeout(patienceMs, undefined, { signal: AbortSignal.any([signal, woken.signal]) }).catch(() => {});
      stop();
      if (woken.signal.aborted) await setTimeout(INDEX_LAG_MS, undefined, { signal }).catch(() => {});
    },
  };
}

async function readPiece(storage: Storage, writer: string, start: number, next: number): Promise<readonly Event[]> {
  const rows = await storage.db
    .selectFrom('events')
    .select('leaf')
    .where('writer', '=', writer)
    .where('leaf_index', '>=', start)
    .where('leaf_index', '<', next)
    .orderBy('leaf_index')
    .execute();
  return rows.flatMap((row) => {
    const leaf = readLeaf(Buffer.from(row.leaf));
    return leaf ? [eventOf(leaf)] : [];
  });
}

/** As a caller keeps them, to go on later. */
export function writePositions(positions: FeedPositions): string {
  return Buffer.from(JSON.stringify([...positions])).toString('base64url');
}

/** Throws `usage` for what is none of ours. */
export function readPositions(text: string): FeedPositions {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString());
    if (Array.isArray(value) && value.every(isPosition)) return new Map(value);
  } catch {
    // Said below.
  }
  throw new SallyportError('usage', 'this is no place in the feed', { hint: 'follow it without one' });
}

const isPosition = (pair: unknown): pair is [string, number] =>
  Array.isArray(pair) && pair.length === 2 && typeof pair[0] === 'string' && Number.isSafeInteger(pair[1]) && pair[1] >= 0;
