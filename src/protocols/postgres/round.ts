import { BACKEND, frameBytes, FRONTEND, MalformedMessage } from './codec.ts';
import { errorMessage, type WireError } from './errors.ts';
import { FLUSH, parse, SYNC } from './messages.ts';
import type { Passage } from './passage.ts';
import type { Server } from './server.ts';
import { FAILS } from './simple-queries.ts';
import { unexpected, type Turn } from './turn.ts';
import type { WirePortal } from './wire-names.ts';

const NO_NAME = 'sallyport refused';

interface Message {
  readonly bytes: Buffer;
  readonly turn: Turn;
  readonly portal: WirePortal | undefined;
}

/** Messages of the extended protocol up to the next Sync: which of them still wait here, and whether one failed. */
export class Round {
  readonly #passage: Passage;
  readonly #server: Server;
  #waiting: Message[] = [];
  #bytes = 0;
  #failed = false;

  constructor(passage: Passage, server: Server) {
    this.#passage = passage;
    this.#server = server;
  }

  /** What follows is ignored up to the end, as the server does. */
  get failed(): boolean {
    return this.#failed;
  }

  /** The server refused something that was sent. */
  skip(): void {
    this.#failed = true;
  }

  end(): void {
    this.#failed = false;
  }

  /** It goes with the next message that needs an answer. */
  add(bytes: Buffer, turn: Turn, portal?: WirePortal): void {
    this.#waiting.push({ bytes, turn, portal });
    this.#bytes += bytes.length;
    if (this.#bytes > 2 * this.#passage.session.target.limits.requestBytes) throw new MalformedMessage('too much in one round');
  }

  send(...more: readonly Buffer[]): void {
    const sent = this.#waiting;
    this.#waiting = [];
    this.#bytes = 0;
    this.#server.send(
      [...sent.map(({ bytes }) => bytes), ...more],
      sent.map(({ turn }) => turn),
    );
  }

  /** Whether a Describe of it is among what waits. */
  describes(portal: WirePortal): boolean {
    return this.#waiting.some((each) => each.portal === portal && each.bytes[0] === FRONTEND.describe);
  }

  /** What was bound, waits here, and nobody decided about. */
  get undecided(): readonly WirePortal[] {
    return this.#waiting.flatMap(({ portal }) => (portal && !portal.cleared ? [portal] : []));
  }

  /** Something is refused: the server fails in its place, and skips what follows as it always does. What nobody decided about stays here. */
  fail(error: WireError): void {
    this.#failed = true;
    this.#waiting = this.#waiting.filter(({ portal }) => !portal || portal.cleared);
    this.add(parse(NO_NAME, FAILS), this.#failing(error));
    this.send(FLUSH);
  }

  /** Something that was sent has to fail after all. */
  failAfter(error: WireError): void {
    this.#failed = true;
    this.#server.send([parse(NO_NAME, FAILS), FLUSH], [this.#failing(error)]);
  }

  sync(): void {
    this.add(SYNC, {
      round: 'end',
      take: (frame) => {
        if (frame.type !== BACKEND.readyForQuery) throw unexpected(frame);
        this.#server.readyCame(frame);
        this.#passage.gather(frameBytes(frame));
        return 'done';
      },
    });
    this.send();
  }

  #failing(error: WireError): Turn {
    return {
      round: 'within',
      take: (frame) => {
        throw unexpected(frame);
      },
      // Skipped, too, where something before it failed: then the server said so.
      failed: (frame) => {
        if (frame) void this.#passage.write(errorMessage(error));
        return 'told';
      },
    };
  }
}
