import type { MaskRule } from '../../core/decision.ts';
import { SallyportError } from '../../core/error.ts';
import type { Gate } from '../../core/gate.ts';
import type { Session } from '../../core/session.ts';
import type { Observer } from '../../core/steps.ts';
import type { Client } from './client.ts';
import { FRONTEND, MalformedMessage, type Frame } from './codec.ts';
import type { Database } from './database.ts';
import { fatal, type WireError } from './errors.ts';
import { ExtendedQueries } from './extended-queries.ts';
import { Passage } from './passage.ts';
import { Server } from './server.ts';
import { SessionState } from './session-state.ts';
import { functionCall, SimpleQueries } from './simple-queries.ts';
import type { Upstream } from './upstream.ts';
import { WireNames, type WirePortal, type WireStatement } from './wire-names.ts';

export interface RelayOptions {
  readonly session: Session;
  readonly client: Client;
  readonly upstream: Upstream;
  readonly database: Database;
  readonly gate: Gate;
  readonly consoleUrl: string;
  /** What is masked for the subject, by the policy of this moment. */
  readonly masks: () => readonly MaskRule[];
  readonly maskingKey: Uint8Array;
  readonly observer: Observer | undefined;
  /** How long the server may take to answer what the gateway itself asks. */
  readonly serverMs: number;
}

/** One session: what a caller sends is decided and sent on, what the server answers is masked and given back, in order. */
export class Relay {
  readonly #options: RelayOptions;
  readonly #client: Client;
  readonly #server: Server;
  readonly #state: SessionState;
  readonly #passage: Passage;
  readonly #simple: SimpleQueries;
  readonly #extended: ExtendedQueries;
  readonly #statements = new WireNames<WireStatement>();
  readonly #portals = new WireNames<WirePortal>();

  constructor(options: RelayOptions) {
    const { session, client, upstream } = options;
    this.#options = options;
    this.#client = client;
    this.#server = new Server(
      upstream,
      { longest: session.target.limits.replyBytes, askMs: options.serverMs },
      {
        parameter: (name, value) => this.#state.parameter(name, value),
        pass: (bytes) => void client.write(bytes),
        failed: () => {
          this.#extended.skip();
          this.#state.failed();
        },
        ready: (status) => this.#ready(status),
        answered: () => client.flush(),
        lost: (error) => this.abandon(error),
        masked: () => options.masks().length > 0,
      },
    );
    this.#state = new SessionState(options.database, this.#server, upstream.parameters);
    const shared = { client, server: this.#server, state: this.#state, statements: this.#statements, portals: this.#portals };
    this.#passage = new Passage({ ...options, ...shared, cancel: () => void upstream.cancel() });
    this.#simple = new SimpleQueries(this.#passage, this.#server, this.#state);
    this.#extended = new ExtendedQueries({ ...shared, passage: this.#passage });
  }

  /** Learns what the session begins with. Throws where the server does not tell. */
  open(): Promise<void> {
    return this.#state.learn();
  }

  /** What the server said of its settings. */
  get parameters(): ReadonlyMap<string, string> {
    return this.#state.parameters;
  }

  /** A setting that came with the startup, as a statement; the error where it is refused or fails. */
  set(statement: string): Promise<WireError | undefined> {
    return this.#passage.silently(() => this.#simple.run(statement));
  }

  /** Up to the caller's end, or the server's. Never rejects. */
  async run(): Promise<void> {
    const { left } = this.#client;
    left.addEventListener('abort', () => this.#passage.callerLeft());
    try {
      for (;;) {
        const frame = this.#client.now() ?? (await this.#client.next());
        if (!frame || this.#passage.over || frame.type === FRONTEND.terminate) break;
        const taking = this.#take(frame);
        if (taking) await taking;
      }
    } catch (error) {
      this.#broken(error);
    } finally {
      this.close();
    }
  }

  close(): void {
    this.#client.end();
    this.#server.close();
  }

  /** Ends the session, with the last word to the caller. */
  abandon(error: WireError): void {
    this.#passage.abandon(error);
  }

  /** Somebody with the session's key wants what runs to end. */
  cancelRequest(): void {
    this.#passage.cancelRequest();
  }

  #broken(error: unknown): void {
    if (error instanceof MalformedMessage) return this.abandon(fatal('08P01', `this is not understood: ${error.message}`));
    const { gate, session } = this.#options;
    gate.report?.(new SallyportError('internal', 'a session failed', { cause: error }), session);
    this.abandon(fatal('XX000', 'the gateway failed on this session'));
  }

  /** Undefined where nothing has to be waited for. */
  #take(frame: Frame): Promise<void> | undefined {
    switch (frame.type) {
      case FRONTEND.query:
        return this.#simple.take(frame);
      case FRONTEND.functionCall:
        return this.#simple.refuse(functionCall());
      case FRONTEND.copyData:
      case FRONTEND.copyDone:
      case FRONTEND.copyFail:
        // What is left of a COPY that failed.
        return undefined;
      default:
        return this.#extended.take(frame);
    }
  }

  #ready(status: 'I' | 'T' | 'E'): void {
    this.#extended.endRound();
    this.#state.ready(status);
    this.#statements.endRound();
    this.#portals.endRound();
    if (status === 'I') this.#portals.forget(undefined);
  }
}
