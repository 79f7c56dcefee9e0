import type { Socket } from 'node:net';
import { FRONTEND, type Frame } from './codec.ts';
import { FrameReader } from './frame-reader.ts';

/** What may wait here unread before the caller is made to wait. */
const HIGH_WATER = 64 << 10;

/** The caller's line: whole messages, one after the other, and bytes back to it. Both wait for each other. */
export class Client {
  readonly #socket: Socket;
  readonly #reader: FrameReader;
  readonly #left = new AbortController();
  #problem: Error | undefined;
  #wake: (() => void) | undefined;
  #ended = false;
  /** What goes along with what is written next. */
  #gathered: Uint8Array[] = [];
  #gatheredBytes = 0;

  constructor(socket: Socket, longest: number) {
    this.#socket = socket;
    this.#reader = new FrameReader((type) => (TYPES.has(type) ? longest : 0));
    socket.on('data', (chunk: Buffer) => this.#push(chunk));
    socket.on('error', () => {});
    socket.once('end', () => this.#end());
    socket.once('close', () => this.#end());
    socket.resume();
  }

  /** Aborts when nobody is there any more. */
  get left(): AbortSignal {
    return this.#left.signal;
  }

  /** The next message; undefined when there is no more. Throws `MalformedMessage`. */
  async next(): Promise<Frame | undefined> {
    for (;;) {
      const frame = this.now();
      if (frame || this.#ended) return frame;
      await this.arrival();
    }
  }

  /** The next message where it is already here. Throws `MalformedMessage`. */
  now(): Frame | undefined {
    if (this.#problem) throw this.#problem;
    const frame = this.#reader.next();
    if (!frame && !this.#ended) this.#socket.resume();
    return frame;
  }

  /** Type of the next message where it is already here. */
  peek(): number | undefined {
    return !this.#problem ? this.#reader.peek() : undefined;
  }

  /** Resolves when something came, or the end. */
  arrival(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  /** It goes along with what is written next, or when `flush` says that nothing follows: a write for each message costs more than the messages. */
  gather(bytes: Uint8Array): void {
    this.#gathered.push(bytes);
    this.#gatheredBytes += bytes.length;
    if (this.#gatheredBytes > GATHERED_BYTES) this.flush();
  }

  flush(): void {
    if (this.#gathered.length > 0) void this.write(NOTHING);
  }

  /** Resolves when there is room for more, or nobody left to send to. */
  write(bytes: Uint8Array): Promise<void> | undefined {
    const socket = this.#socket;
    if (socket.destroyed || socket.write(this.#withGathered(bytes))) return undefined;
    return new Promise((resolve) => {
      const done = (): void => {
        socket.off('drain', done);
        socket.off('close', done);
        resolve();
      };
      socket.on('drain', done);
      socket.on('close', done);
    });
  }

  /** Says the last word and hangs up. */
  end(bytes?: Uint8Array): void {
    const last = this.#withGathered(bytes ?? NOTHING);
    hangUp(this.#socket, last.length > 0 ? last : undefined);
  }

  #withGathered(bytes: Uint8Array): Uint8Array {
    if (this.#gathered.length === 0) return bytes;
    const all = [...this.#gathered, bytes];
    this.#gathered = [];
    this.#gatheredBytes = 0;
    return Buffer.concat(all);
  }

  #push(chunk: Buffer): void {
    try {
      this.#reader.push(chunk);
    } catch (problem) {
      this.#problem = problem instanceof Error ? problem : new Error('unreadable');
    }
    if (this.#reader.pending > HIGH_WATER) this.#socket.pause();
    this.#wake?.();
  }

  #end(): void {
    this.#ended = true;
    this.#left.abort();
    this.#wake?.();
  }
}

const NOTHING = Buffer.alloc(0);
const GATHERED_BYTES = 16 << 10;
const LINGER_MS = 2000;

/** Says the last word; whoever does not hang up as well is hung up on. */
export function hangUp(socket: Socket, bytes?: Uint8Array): void {
  if (socket.destroyed) return;
  if (bytes) socket.write(bytes);
  socket.end();
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
}

const TYPES: ReadonlySet<number> = new Set(Object.values(FRONTEND).filter((type) => type !== FRONTEND.password));
