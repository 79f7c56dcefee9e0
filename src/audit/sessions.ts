import type { Event } from '../core/event.ts';
import { SallyportError } from '../core/error.ts';
import type { SessionRow } from '../storage/schema.ts';
import type { Storage } from '../storage/storage.ts';
import { readLeaf, type SealedBody } from './leaf.ts';
import { eventOf, type EventPlace } from './replay.ts';
import type { SessionSummary } from './session-summary.ts';

/** Sessions of this subject, or on one of these targets; absent means no bound. */
export interface SessionFilter {
  /** Core's `subjectKey`. */
  readonly subjectKey?: string;
  readonly targets?: readonly string[];
}

export interface SessionPage {
  readonly sessions: readonly SessionSummary[];
  /** Cursor of the next page; absent on the last. */
  readonly next?: string;
}

export interface ListSessionsOptions {
  readonly cursor?: string;
  /** Default 50, at most 500. */
  readonly limit?: number;
  /** Sessions that any of these lets through; none given: all. */
  readonly filter?: readonly SessionFilter[];
}

/** Sessions, the last active first. Throws `usage` for a cursor that is none of ours. */
export async function listSessions(storage: Storage, options: ListSessionsOptions = {}): Promise<SessionPage> {
  const limit = Math.min(Math.max(options.limit ?? 50, 1), 500);
  const after = options.cursor === undefined ? undefined : parseCursor(options.cursor);
  let query = storage.db
    .selectFrom('sessions')
    .selectAll()
    .orderBy('last_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit + 1);
  if (options.filter?.length === 0) return { sessions: [] };
  if (options.filter) {
    const filters = options.filter;
    query = query.where((where) =>
      where.or(
        filters.map(({ subjectKey, targets }) =>
          where.and([
            ...(subjectKey === undefined ? [] : [where('subject_key', '=', subjectKey)]),
            ...(targets === undefined ? [] : [where('target', 'in', targets.length > 0 ? [...targets] : [''])]),
          ]),
        ),
      ),
    );
  }
  if (after)
    query = query.where((where) =>
      where.or([where('last_at', '<', after.lastAt), where.and([where('last_at', '=', after.lastAt), where('id', '<', after.id)])]),
    );
  const rows = await query.execute();
  const sessions = rows.slice(0, limit).map(summary);
  const last = sessions.at(-1);
  return { sessions, ...(rows.length > limit && last ? { next: cursorOf(last) } : {}) };
}

export async function getSession(storage: Storage, id: string): Promise<SessionSummary | undefined> {
  const row = await storage.db.selectFrom('sessions').selectAll().where('id', '=', id).executeTakeFirst();
  return row && summary(row);
}

export interface IndexedEvent {
  readonly event: Event;
  /** Where it stands in the journal: what `readSession` takes as `places`. */
  readonly place: EventPlace;
  /** What was said with it, by name. */
  readonly said: readonly Pick<SealedBody, 'name' | 'contentType'>[];
}

/** A session's events as the index has them, in order, `limit` at most (default 10,000). */
export async function sessionEvents(storage: Storage, id: string, limit = 10_000): Promise<readonly IndexedEvent[]> {
  const rows = await storage.db
    .selectFrom('events')
    .select(['leaf'])
    .where('session', '=', id)
    .orderBy('time')
    .orderBy('writer')
    .orderBy('leaf_index')
    .limit(limit)
    .execute();
  return rows.map((row) => {
    const leaf = readLeaf(Buffer.from(row.leaf));
    if (!leaf) throw new SallyportError('verify_failed', 'a row of the index is no event', { hint: 'run `sallyport audit verify`' });
    const said = (leaf.bodies ?? []).map(({ name, contentType }) => ({ name, contentType }));
    return { event: eventOf(leaf), place: { writer: leaf.writer, index: leaf.index }, said };
  });
}

function summary(row: SessionRow): SessionSummary {
  return {
    id: row.id,
    openedAt: row.opened_at,
    lastAt: row.last_at,
    ...(row.closed_at === null ? {} : { closedAt: row.closed_at }),
    subject: row.subject,
    subjectKind: row.subject_kind,
    target: row.target,
    client: row.client,
    commands: row.commands,
    refused: row.refused,
    masked: row.masked,
  };
}

function cursorOf({ lastAt, id }: SessionSummary): string {
  return Buffer.from(JSON.stringify([lastAt, id])).toString('base64url');
}

function parseCursor(cursor: string): { readonly lastAt: string; readonly id: string } {
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    if (Array.isArray(parts) && typeof parts[0] === 'string' && typeof parts[1] === 'string') return { lastAt: parts[0], id: parts[1] };
  } catch {
    // Said below.
  }
  throw new SallyportError('usage', 'the cursor is not one that this list gave', { hint: 'begin again without one' });
}
