/**
 * What a caller that lost its connection may still ask for (`Last-Event-ID`): the masked events of streams whose
 * target gives its events ids. Bounded in events, bytes, streams and time; what is not here is asked of the target.
 */
const MAX_EVENTS = 1000;
const MAX_CHARS = 512 << 10;
const MAX_STREAMS = 200;
const KEEP_MS = 5 * 60_000;

interface Kept {
  readonly id: string;
  readonly text: string;
}

export class KeptStream {
  readonly #events: Kept[] = [];
  #chars = 0;
  #done = false;
  #followers = new Set<() => void>();

  add(id: string, text: string): void {
    this.#events.push({ id, text });
    this.#chars += text.length;
    while (this.#events.length > MAX_EVENTS || this.#chars > MAX_CHARS) this.#chars -= this.#events.shift()?.text.length ?? 0;
    for (const wake of this.#followers) wake();
  }

  /** Whether somebody waits for what comes next. */
  get isFollowed(): boolean {
    return this.#followers.size > 0;
  }

  finish(): void {
    this.#done = true;
    for (const wake of this.#followers) wake();
  }

  has(id: string): boolean {
    return this.#events.some((each) => each.id === id);
  }

  /** Events after `id`, then those to come, until the stream is done or `signal` aborts. */
  async *after(id: string, signal: AbortSignal): AsyncIterable<string> {
    let last = id;
    for (;;) {
      const at = this.#events.findIndex((each) => each.id === last);
      const next = at < 0 ? undefined : this.#events[at + 1];
      if (next) {
        last = next.id;
        yield next.text;
      } else if (this.#done || signal.aborted || at < 0) {
        return;
      } else {
        await this.#change(signal);
      }
    }
  }

  #change(signal: AbortSignal): Promise<void> {
    return new Promise((done) => {
      const wake = (): void => {
        this.#followers.delete(wake);
        signal.removeEventListener('abort', wake);
        done();
      };
      this.#followers.add(wake);
      signal.addEventListener('abort', wake, { once: true });
    });
  }
}

export class ReplayBuffer {
  readonly #streams = new Map<KeptStream, { session: string; until: number }>();
  readonly #now: () => number;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  open(session: string): KeptStream {
    this.#forget();
    const stream = new KeptStream();
    this.#streams.set(stream, { session, until: Number.POSITIVE_INFINITY });
    return stream;
  }

  /** The target's stream ended: answered, it is kept for a while; else the target itself is asked for what follows. */
  finish(stream: KeptStream, state: 'answered' | 'open'): void {
    stream.finish();
    const kept = this.#streams.get(stream);
    if (state === 'open') this.#streams.delete(stream);
    else if (kept) kept.until = this.#now() + KEEP_MS;
  }

  find(session: string, eventId: string): KeptStream | undefined {
    for (const [stream, kept] of this.#streams) if (kept.session === session && stream.has(eventId)) return stream;
    return undefined;
  }

  #forget(): void {
    const now = this.#now();
    for (const [stream, { until }] of this.#streams) {
      if (until < now || this.#streams.size >= MAX_STREAMS) this.#streams.delete(stream);
    }
  }
}
