import type { Context } from 'hono';
import { streamSSE, type SSEStreamingApi } from 'hono/streaming';
import { readPositions, writePositions, type FeedPositions } from '../../audit/event-feed.ts';
import { eventMatcher } from '../../audit/search/matches.ts';
import type { SearchFilter } from '../../audit/search/query.ts';
import type { Subject } from '../../core/subject.ts';
import type { ApiDeps, ApiEnv, AuditLog, Caller } from '../deps.ts';
import { refuse } from '../refusal.ts';
import { scopeOf } from './presenter.ts';

/** How soon a stream looks by itself whether its sign-in ended, or what its viewer may see changed. */
const RECHECK_MS = 2_000;
const KEEP_ALIVE_MS = 20_000;
/** How soon what other processes recorded is seen. */
const LOOK_MS = 1_000;
const MAX_STREAMS = 8;

export interface Tail {
  readonly filter: Omit<SearchFilter, 'text'>;
  /** Where an earlier stream ended: nothing in between is left out. */
  readonly after?: string;
}

/** Events as they are recorded, as server-sent events whose id says where to go on. */
export function createTail(deps: ApiDeps, { feed }: AuditLog): (c: Context<ApiEnv>, tail: Tail) => Promise<Response> {
  const open = new Map<string, number>();
  return async (c, tail) => {
    const caller = c.get('caller');
    // Before it is counted: between the question how many there are and the answer that there is one more, nobody else may ask.
    const from = tail.after === undefined ? await feed.end() : readPositions(tail.after);
    const count = open.get(caller.signIn) ?? 0;
    if (count >= MAX_STREAMS) return refuse(c, 429, 'limit_exceeded', `a sign-in has at most ${MAX_STREAMS} streams`, 'close other pages of the console');
    open.set(caller.signIn, count + 1);
    const leave = (): void => {
      const left = (open.get(caller.signIn) ?? 1) - 1;
      if (left === 0) open.delete(caller.signIn);
      else open.set(caller.signIn, left);
    };
    c.header('x-accel-buffering', 'no');
    c.header('cache-control', 'no-store');
    const onError = async (error: Error): Promise<void> => deps.report?.(error);
    return streamSSE(c, (stream) => new Follower(deps, caller, tail, stream).follow(feed, from).finally(leave), onError);
  };
}

class Follower {
  readonly #deps: ApiDeps;
  readonly #caller: Caller;
  readonly #tail: Tail;
  readonly #stream: SSEStreamingApi;
  readonly #gone = new AbortController();
  #viewer: Subject | undefined;
  #checkedAt = performance.now();
  #wroteAt = performance.now();

  constructor(deps: ApiDeps, caller: Caller, tail: Tail, stream: SSEStreamingApi) {
    this.#deps = deps;
    this.#caller = caller;
    this.#tail = tail;
    this.#stream = stream;
    this.#viewer = caller.subject;
    stream.onAbort(() => this.#gone.abort());
  }

  async follow(feed: AuditLog['feed'], from: FeedPositions): Promise<void> {
    const { locks, watch = locks } = this.#deps;
    const stopWatching = watch?.onChange(() => void this.#lookAgain().catch(() => this.#gone.abort()));
    try {
      let positions = from;
      await this.#stream.writeSSE({ event: 'open', data: '{}', id: writePositions(positions) });
      while (await this.#mayGoOn()) {
        const piece = await feed.read(positions);
        positions = piece.positions;
        await this.#write(piece.events, positions);
        if (piece.events.length === 0) await feed.changed(LOOK_MS, this.#gone.signal);
      }
    } finally {
      stopWatching?.();
    }
  }

  async #write(events: Awaited<ReturnType<AuditLog['feed']['read']>>['events'], positions: FeedPositions): Promise<void> {
    if (!this.#viewer) return;
    const matches = eventMatcher(this.#tail.filter, scopeOf(this.#viewer, this.#deps));
    const shown = events.filter(({ event, owner }) => matches(event, owner));
    for (const [at, { event }] of shown.entries()) {
      // The place is behind all of them: whoever breaks off before reads some of them again, and misses none.
      const isLast = at === shown.length - 1;
      await this.#stream.writeSSE({ event: 'recorded', data: JSON.stringify(event), ...(isLast ? { id: writePositions(positions) } : {}) });
    }
    if (shown.length === 0 && performance.now() - this.#wroteAt < KEEP_ALIVE_MS) return;
    if (shown.length === 0) await this.#stream.write(': keep-alive\n\n');
    this.#wroteAt = performance.now();
  }

  async #lookAgain(): Promise<void> {
    this.#checkedAt = performance.now();
    this.#viewer = (await this.#deps.signIns.current(this.#caller.signIn))?.subject;
    if (this.#isLocked()) this.#gone.abort();
  }

  /** A sign-in that ended, a lock, a group that was taken away: seen at once where something tells of it, else within two seconds. */
  async #mayGoOn(): Promise<boolean> {
    if (this.#stream.aborted || this.#gone.signal.aborted || this.#isLocked()) return false;
    if (performance.now() - this.#checkedAt >= RECHECK_MS) await this.#lookAgain();
    return !this.#isLocked();
  }

  #isLocked(): boolean {
    return this.#viewer === undefined || this.#deps.locks?.find({ subject: this.#viewer }) !== undefined;
  }
}
