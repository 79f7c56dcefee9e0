import { once } from 'node:events';
import type { Socket } from 'node:net';
import { isAside, passAside, type AsideEvents } from './aside.ts';
import { BACKEND, frameBytes, MalformedMessage, type Frame } from './codec.ts';
import { fatal, quietError, type WireError } from './errors.ts';
import { BACKLOG_BYTES } from './exchange.ts';
import { FrameReader } from './frame-reader.ts';
import { readStatus, TERMINATE } from './messages.ts';
import { ownStatement } from './own-statement.ts';
import { ReadingShare } from './reading-share.ts';
import type { Results } from './results.ts';
import { unexpected, type Turn } from './turn.ts';
import { loseAll, TurnQueue } from './turn-queue.ts';
import type { Upstream } from './upstream.ts';

export interface ServerEvents extends AsideEvents {
  /** Something failed that is not the end of its round: what follows in it is skipped. */
  failed(): void;
  ready(status: 'I' | 'T' | 'E'): void;
  /** All that came was answered to the caller, but for what is on its way through the pipeline. */
  answered(): void;
  /** The server is gone, or makes no sense. */
  lost(error: WireError): void;
}

export interface ServerBounds {
  /** Bytes of one message. */
  readonly longest: number;
  /** How long a question of ours may take. */
  readonly askMs: number;
}

/** The server's line: what is sent takes a turn, and answers come turn by turn. What the caller does not take yet is not read. */
export class Server {
  readonly #socket: Socket;
  readonly #reader: FrameReader;
  readonly #events: ServerEvents;
  readonly #gone = new AbortController();
  readonly #askMs: number;
  readonly #turns = new TurnQueue();
  readonly #share = new ReadingShare(() => this.#pump());
  /** Something was sent since the last Sync. */
  #isInRound = false;
  #results: Results | undefined;
  /** Set while what a turn gave is on its way to the caller: what comes next waits. */
  #holding: Turn['exchange'];
  #talking: Turn['exchange'];
  #pumping = false;
  #idle: (() => void)[] = [];
  #copyWanted: (() => void) | undefined;
  #copying = false;

  constructor({ socket }: Upstream, { longest, askMs }: ServerBounds, events: ServerEvents) {
    this.#askMs = askMs;
    this.#socket = socket;
    this.#events = events;
    this.#reader = new FrameReader((type) => (TYPES.has(type) ? longest : 0));
    socket.on('data', (chunk: Buffer) => {
      this.#reader.push(chunk);
      this.#share.took(chunk.length);
      this.#pump();
    });
    socket.once('close', () => this.#lost());
    socket.resume();
  }

  get closed(): AbortSignal {
    return this.#gone.signal;
  }

  send(messages: readonly Buffer[], turns: readonly Turn[]): void {
    // Nobody is there to answer any more.
    if (this.closed.aborted) return loseAll(turns);
    this.#turns.push(turns);
    const last = turns.at(-1);
    if (last) this.#isInRound = last.round === 'within';
    this.#write(messages.length === 1 && messages[0] ? messages[0] : Buffer.concat(messages));
  }

  /** Belongs to the turn that is on. */
  sendMore(bytes: Buffer): void {
    this.#write(bytes);
  }

  /** Data of a COPY; resolves when there is room for more. */
  async feed(bytes: Buffer): Promise<void> {
    if (this.#socket.destroyed || this.#socket.write(bytes)) return;
    await once(this.#socket, 'drain', { signal: this.closed }).catch(() => {});
  }

  /** Notices that come now belong to this. */
  talking(results: Results): void {
    this.#results = results;
  }

  /** A statement of ours: the first cell of its first row; undefined where it fails. */
  async ask(text: string): Promise<string | undefined> {
    const late = setTimeout(() => this.#events.lost(fatal('57014', 'the server of the target does not answer')), this.#askMs);
    return new Promise<string | undefined>((resolve) => {
      const { messages, turn } = ownStatement(text, this.#isInRound ? 'within' : 'between', resolve);
      this.send(messages, [turn]);
    }).finally(() => clearTimeout(late));
  }

  /** Resolves when every turn was answered, and the answers were taken. */
  async idle(): Promise<void> {
    while (!this.closed.aborted && (!this.#turns.isEmpty || this.#holding)) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  /** Resolves when the server wants the data of a COPY. */
  copyWanted(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#copying) resolve();
      else this.#copyWanted = resolve;
      this.#copying = false;
    });
  }

  /** There is room for more of what is being taken. */
  more(): void {
    this.#pump();
  }

  /** What a turn gave was taken. */
  released(): void {
    this.#holding = undefined;
    this.#talking = undefined;
    this.#results = undefined;
    this.#copying = false;
    this.#copyWanted = undefined;
    this.#pump();
    this.#wakeIdle();
  }

  readyCame(frame: Frame): void {
    this.#events.ready(readStatus(frame));
  }

  close(): void {
    if (this.closed.aborted) return;
    if (!this.#socket.destroyed) this.#socket.end(TERMINATE);
    // A server that does not hang up is hung up on.
    setTimeout(() => this.#socket.destroy(), LINGER_MS).unref();
    this.#lost();
  }

  #write(bytes: Buffer): void {
    if (!this.#socket.destroyed) this.#socket.write(bytes);
  }

  #pump(): void {
    if (this.#pumping || this.closed.aborted) return;
    this.#pumping = true;
    try {
      while (!this.#mustWait()) {
        const frame = this.#reader.next();
        if (!frame) break;
        this.#dispatch(frame);
      }
      this.#results?.flush();
      this.#talking?.offered();
      if (!this.#holding) this.#events.answered();
    } catch (error) {
      const what = error instanceof MalformedMessage ? error.message : 'something that cannot be handled';
      this.#events.lost(fatal('08P01', `the server of the target sent ${what}`));
    } finally {
      this.#pumping = false;
    }
    if (this.#mustWait() || this.#share.isUsed) this.#socket.pause();
    else this.#socket.resume();
  }

  #mustWait(): boolean {
    return this.#holding !== undefined || (this.#talking?.backlog ?? 0) > BACKLOG_BYTES || this.closed.aborted;
  }

  #dispatch(frame: Frame): void {
    if (isAside(frame)) return passAside(frame, this.#events, this.#results);
    const turn = this.#turns.current;
    if (!turn) return this.#unasked(frame);
    this.#talking = turn.exchange;
    if (frame.type === BACKEND.copyIn) this.#wantCopy();
    if (frame.type === BACKEND.error && turn.round !== 'own') return this.#fail(frame);
    if (turn.take(frame) === 'more') return;
    this.#turns.answered();
    this.#over(turn);
  }

  /** The server skips up to the end of the round. */
  #fail(frame: Frame): void {
    const failed = this.#turns.takeRound();
    const [first, ...others] = failed;
    this.#events.failed();
    if (first?.failed?.(frame) !== 'told') this.#passError(frame);
    for (const turn of others) turn.failed?.(undefined);
    for (const turn of failed) this.#over(turn);
  }

  #over(turn: Turn): void {
    if (turn.exchange) {
      this.#results?.flush();
      this.#holding = turn.exchange;
    }
    this.#wakeIdle();
  }

  #wantCopy(): void {
    this.#copying = this.#copyWanted === undefined;
    this.#copyWanted?.();
    this.#copyWanted = undefined;
  }

  #unasked(frame: Frame): void {
    if (frame.type !== BACKEND.error) throw unexpected(frame);
    this.#passError(frame);
    this.#events.lost(fatal('57P01', 'the server ended the connection'));
  }

  #passError(frame: Frame): void {
    this.#events.pass(this.#events.masked() ? quietError(frame) : frameBytes(frame));
  }

  #lost(): void {
    if (this.closed.aborted) return;
    this.#gone.abort();
    this.#turns.lose();
    this.#holding = undefined;
    this.#events.lost(fatal('08006', 'the connection to the server of the target ended'));
    this.#wakeIdle();
  }

  #wakeIdle(): void {
    const waiting = this.#idle;
    this.#idle = [];
    for (const wake of waiting) wake();
  }
}

const LINGER_MS = 2000;
/** Authentication is over, functions are not called, and nothing is replicated. */
const NEVER: ReadonlySet<number> = new Set([
  BACKEND.authentication,
  BACKEND.backendKeyData,
  BACKEND.copyBoth,
  BACKEND.functionCallResponse,
  BACKEND.negotiateVersion,
]);
const TYPES: ReadonlySet<number> = new Set(Object.values(BACKEND).filter((type) => !NEVER.has(type)));
