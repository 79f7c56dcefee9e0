import { setTimeout } from 'node:timers/promises';
import { SallyportError } from '../../core/error.ts';
import { Pause } from '../../core/pause.ts';
import { backOffMs, type BackOff } from './back-off.ts';
import { Lane } from './lane.ts';
import type { Logs } from './logs.ts';
import type { Positions } from './positions.ts';
import type { Shipping } from './shipping.ts';
import type { SendResult, Sink, SinkRecord } from './sink.ts';
import { sinkError, type SinkError, type SinkStatus, type WriterStatus } from './status.ts';

export interface ShipperOptions {
  readonly name: string;
  readonly sink: Sink;
  readonly logs: Logs;
  readonly positions: Positions;
  readonly backOff?: BackOff;
  /** How often to look for what nobody announces: checkpoints, other writers' logs. Default 2000. */
  readonly pollMs?: number;
  /** Positions that moved are made durable this often, and when it is closed. Default 1000. */
  readonly saveEveryMs?: number;
  /** What `close` waits at most for a batch that is on its way. Default 5000. */
  readonly closeMs?: number;
  readonly now?: () => number;
  readonly random?: () => number;
  /** Hears of each failure; the shipper goes on by itself. */
  readonly report?: (error: unknown) => void;
}

/** Feeds one sink from all logs, behind the hot path: one batch at a time, again and again until it has arrived. */
export function startShipper(options: ShipperOptions): Shipping {
  return new Shipper(options);
}

type Round = 'nothing' | 'some' | 'full' | 'failed';

class Shipper implements Shipping {
  readonly name: string;
  readonly #options: ShipperOptions;
  readonly #now: () => number;
  readonly #lanes = new Map<string, Lane>();
  readonly #cut = new AbortController();
  readonly #done: Promise<void>;
  readonly #stopWatching: () => void;
  #moved = Promise.withResolvers<void>();
  /** Until there is news. */
  readonly #idle = new Pause();
  /** Until it is closed. */
  readonly #gathering = new Pause();
  #isClosing = false;
  #failures = 0;
  #retryAfterMs = 0;
  /** When the oldest record that is not shipped came, or a little earlier. */
  #behindSince: number | undefined;
  #hasNews = false;
  #savedAt = 0;
  #shipped = 0;
  #retries = 0;
  #rejected = 0;
  #missedBefore = 0;
  #lastError: SinkError | undefined;
  #lastShippedAt: number | undefined;

  constructor(options: ShipperOptions) {
    this.name = options.name;
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#stopWatching = options.logs.watch(() => {
      this.#behindSince ??= this.#now();
      this.#hasNews = true;
      this.#idle.end();
    });
    this.#done = this.#run();
  }

  durableUpTo(writer: string): number {
    return this.#options.positions.durable(writer).next;
  }

  async status(): Promise<SinkStatus> {
    const writers = await this.#writers();
    const lagEvents = writers.reduce((sum, { position, end }) => sum + Math.max(0, end - position), 0);
    return {
      name: this.name,
      kind: this.#options.sink.kind,
      state: this.#failures > 0 ? 'failing' : lagEvents > 0 ? 'shipping' : 'up-to-date',
      writers,
      lagEvents,
      lagSeconds: lagEvents === 0 ? 0 : this.#lagSeconds(),
      shipped: this.#shipped,
      retries: this.#retries,
      rejected: this.#rejected,
      missed: this.#missedBefore + [...this.#lanes.values()].reduce((sum, { missed }) => sum + missed, 0),
      ...(this.#lastError ? { lastError: this.#lastError } : {}),
      ...(this.#lastShippedAt === undefined ? {} : { lastShippedAt: new Date(this.#lastShippedAt).toISOString() }),
    };
  }

  async caughtUp(): Promise<void> {
    const wanted = await this.#writers();
    const isBehind = ({ writer, end }: WriterStatus): boolean => this.#options.positions.get(writer).next < end;
    while (wanted.some(isBehind) && !this.#isClosing) {
      this.#idle.end();
      await this.#moved.promise;
    }
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    this.#idle.end();
    this.#gathering.end();
    const late = setTimeout(this.#options.closeMs ?? 5000, undefined, { signal: this.#cut.signal, ref: false }).then(
      () => this.#cut.abort(),
      () => {},
    );
    await this.#done;
    this.#cut.abort();
    await late;
    this.#stopWatching();
    this.#moved.resolve();
    for (const lane of this.#lanes.values()) await lane.close();
    await this.#options.sink.close();
  }

  async #writers(): Promise<readonly WriterStatus[]> {
    const { logs, positions } = this.#options;
    const names = await logs.writers();
    return Promise.all(names.map(async (writer) => ({ writer, position: positions.get(writer).next, end: await logs.end(writer) })));
  }

  #lagSeconds(): number {
    const times = [...this.#lanes.values()].flatMap(({ held }) => timeOf(held?.records[0]));
    const since = times.length > 0 ? Math.min(...times) : (this.#behindSince ?? this.#now());
    return Math.max(0, (this.#now() - since) / 1000);
  }

  async #run(): Promise<void> {
    for (;;) {
      const round = await this.#round();
      const isOver = this.#isClosing && (round === 'nothing' || round === 'failed');
      if (isOver || this.#saveDueMs() <= 0) await this.#save();
      if (isOver) return;
      if (round === 'failed') await this.#rest();
      // What is less than a full batch is worth a message when it was gathered for a while.
      else if (round !== 'full') await this.#grown(round);
    }
  }

  /** One batch of each writer's log. */
  async #round(): Promise<Round> {
    let most: Round = 'nothing';
    try {
      this.#hasNews = false;
      for (const writer of await this.#options.logs.writers()) {
        const found = await this.#ship(writer);
        if (found === 'full' || most === 'nothing') most = found;
      }
      if (most === 'nothing' && !this.#hasNews) this.#behindSince = undefined;
      this.#failures = 0;
      return most;
    } catch (error) {
      this.#fail(error);
      return 'failed';
    }
  }

  async #ship(writer: string): Promise<Exclude<Round, 'failed'>> {
    const { sink } = this.#options;
    const lane = this.#lane(writer);
    const batch = await lane.next().catch(async (error: unknown) => {
      // It is read anew from the position.
      this.#missedBefore += lane.missed;
      this.#lanes.delete(writer);
      await lane.close();
      throw error;
    });
    if (!batch) {
      // It may have moved over what is no longer there.
      this.#tellMoved();
      return 'nothing';
    }
    this.#take(await sink.send(batch, this.#cut.signal));
    lane.arrived();
    this.#shipped += batch.records.length;
    this.#behindSince = timeOf(batch.records.at(-1))[0] ?? this.#behindSince;
    this.#lastShippedAt = this.#now();
    this.#tellMoved();
    const isFull = batch.records.length >= sink.limits.events || bytesOf(batch.records) >= sink.limits.bytes;
    return isFull ? 'full' : 'some';
  }

  #tellMoved(): void {
    this.#moved.resolve();
    this.#moved = Promise.withResolvers();
  }

  #lane(writer: string): Lane {
    const { logs, sink, positions } = this.#options;
    const known = this.#lanes.get(writer) ?? new Lane({ logs, writer, sink, positions });
    this.#lanes.set(writer, known);
    return known;
  }

  #take(result: SendResult): void {
    if (result.outcome === 'later') {
      this.#retryAfterMs = result.afterMs;
      throw new SallyportError('upstream_unreachable', result.reason);
    }
    if (result.outcome === 'sent') return;
    this.#rejected += result.records;
    this.#note(new SallyportError('upstream_invalid', `${result.records} records were refused for good: ${result.reason}`));
  }

  #fail(error: unknown): void {
    // Cut off by `close`, which is no failure of the other side's.
    if (this.#cut.signal.aborted) return;
    this.#failures += 1;
    this.#retries += 1;
    this.#note(error);
  }

  #note(error: unknown): void {
    this.#lastError = sinkError(error, this.#now());
    this.#options.report?.(error);
  }

  /** How long until positions are made durable; for ever where they are. A clock that is set back delays nothing. */
  #saveDueMs(): number {
    const { positions, saveEveryMs = 1000 } = this.#options;
    return positions.isSaved ? Number.POSITIVE_INFINITY : saveEveryMs - Math.abs(this.#now() - this.#savedAt);
  }

  /** Where positions cannot be saved, shipping goes on: after a crash more is shipped twice, and meanwhile no segment is deleted. */
  async #save(): Promise<void> {
    this.#savedAt = this.#now();
    await this.#options.positions.save().catch((error: unknown) => this.#note(error));
  }

  async #rest(): Promise<void> {
    const { backOff = {}, random = Math.random } = this.#options;
    const wait = Math.max(backOffMs(this.#failures, random, backOff), Math.min(this.#retryAfterMs, backOff.longestMs ?? 60_000));
    this.#retryAfterMs = 0;
    await this.#gather(wait);
  }

  async #grown(round: Round): Promise<void> {
    if (this.#isClosing) return;
    if (round === 'nothing' && !this.#hasNews) await this.#idle.last(Math.min(this.#options.pollMs ?? 2000, Math.max(0, this.#saveDueMs())));
    await this.#gather(this.#options.sink.gatherMs);
  }

  async #gather(milliseconds: number): Promise<void> {
    if (!this.#isClosing) await this.#gathering.last(milliseconds);
  }
}

function timeOf(record: SinkRecord | undefined): readonly number[] {
  return record ? [Date.parse(record.leaf.time)] : [];
}

function bytesOf(records: readonly { readonly frame: Buffer }[]): number {
  let total = 0;
  for (const { frame } of records) total += frame.length;
  return total;
}
