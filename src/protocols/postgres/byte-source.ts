import type { Duplex } from 'node:stream';
import { FRONTEND, HEADER_BYTES, MalformedMessage, type Frame } from './codec.ts';

/**
 * Reads exact numbers of bytes off a socket while two sides get to know each other: what was not asked for stays in the
 * socket, so that it can be seen, or go to TLS. Rejects when the signal ends it.
 */
export class ByteSource {
  readonly #socket: Duplex;
  readonly #signal: AbortSignal;

  constructor(socket: Duplex, signal: AbortSignal) {
    this.#socket = socket;
    this.#signal = signal;
  }

  /** Whether bytes came that nobody asked for yet. */
  get early(): boolean {
    return this.#socket.readableLength > 0;
  }

  /** Undefined where the other side ended before its first byte; rejects where it ended later. `count` is bounded by the caller. */
  async bytes(count: number): Promise<Buffer | undefined> {
    for (;;) {
      if (this.#signal.aborted) throw new MalformedMessage('it took too long');
      // Without an encoding a socket gives buffers, and never more than was asked for unless it ended.
      const bytes = this.#socket.read(count) as Buffer | null;
      if (bytes?.length === count) return bytes;
      if (bytes) throw new MalformedMessage('a message that ends too early');
      if (this.#socket.readableEnded || this.#socket.destroyed) return undefined;
      await this.#more();
    }
  }

  /** One typed message. Rejects with `MalformedMessage` for what is longer, of no such type, or cut off. */
  async frame(longest: (type: number) => number): Promise<Frame> {
    const header = await this.bytes(HEADER_BYTES);
    if (!header) throw new MalformedMessage('the connection ended');
    const type = header[0] ?? 0;
    const length = header.readUInt32BE(1);
    const limit = longest(type);
    if (limit === 0) throw new MalformedMessage(`a message of the type 0x${type.toString(16).padStart(2, '0')}, which may not come here`);
    if (length < 4 || length + 1 > limit) throw new MalformedMessage(`a message of ${length} bytes`);
    const body = length === 4 ? Buffer.alloc(0) : await this.bytes(length - 4);
    if (!body) throw new MalformedMessage('the connection ended');
    const buffer = Buffer.concat([header, body]);
    return { type, buffer, start: 0, end: buffer.length };
  }

  /** A listener for `readable` hears at once of what is already there: only more than that is news. */
  #more(): Promise<void> {
    const socket = this.#socket;
    const before = socket.readableLength;
    return new Promise((resolve) => {
      const done = (): void => {
        socket.off('readable', readable);
        for (const name of ENDS) socket.off(name, done);
        this.#signal.removeEventListener('abort', done);
        resolve();
      };
      const readable = (): void => void (socket.readableLength !== before && done());
      socket.on('readable', readable);
      for (const name of ENDS) socket.on(name, done);
      this.#signal.addEventListener('abort', done);
    });
  }
}

const ENDS = ['end', 'close', 'error'] as const;

/** While a client signs in it may send passwords, and nothing else. */
export const passwordsOnly =
  (limit: number) =>
  (type: number): number =>
    type === FRONTEND.password ? limit : 0;
