import type { Command } from '../../core/command.ts';
import type { MaskRule } from '../../core/decision.ts';
import { explainError, isSallyportError, SallyportError } from '../../core/error.ts';
import { makeEvent, sessionParts } from '../../core/event.ts';
import type { Gate } from '../../core/gate.ts';
import { passCommand, type Grant } from '../../core/pipeline.ts';
import { boundOf } from '../../core/quota.ts';
import type { Session } from '../../core/session.ts';
import type { Observer } from '../../core/steps.ts';
import type { Client } from './client.ts';
import { feedCopy } from './copy-in.ts';
import { errorMessage, wireError, type WireError } from './errors.ts';
import { StatementExchange, type ExchangeHost } from './exchange.ts';
import { Results } from './results.ts';
import type { Server } from './server.ts';
import type { SessionState } from './session-state.ts';
import { understand, type Question, type Understood } from './understanding.ts';
import { looksAtValues } from './value-scan.ts';
import type { WireNames, WirePortal, WireStatement } from './wire-names.ts';

export interface PassageParts {
  readonly session: Session;
  readonly client: Client;
  readonly server: Server;
  readonly state: SessionState;
  readonly statements: WireNames<WireStatement>;
  readonly portals: WireNames<WirePortal>;
  readonly gate: Gate;
  readonly consoleUrl: string;
  readonly masks: () => readonly MaskRule[];
  readonly maskingKey: Uint8Array;
  readonly observer: Observer | undefined;
  /** Asks the server to stop what runs. */
  readonly cancel: () => void;
}

/** How one command is sent, or refused. */
export interface Sending {
  /** Says no, and has the server fail as well. */
  readonly refuse: (error: WireError) => void;
  readonly send: (exchange: StatementExchange, grant: Grant) => void;
  /** Whether a statement of it is a COPY, which may want data of the caller. */
  readonly copies: boolean;
  /** Why nobody understands it. */
  readonly unclear?: string | undefined;
}

interface Running {
  readonly sending: Sending;
  /** Ends the wait for people; made when it begins. */
  stop: AbortController | undefined;
  grant: Grant | undefined;
  timer: NodeJS.Timeout | undefined;
}

const LEFT_MS = 5000;
const UNBOUNDED = Number.POSITIVE_INFINITY;

/** Takes the commands of one session through the pipeline, one at a time. */
export class Passage implements ExchangeHost {
  readonly session: Session;
  readonly consoleUrl: string;
  readonly #parts: PassageParts;
  #running: Running | undefined;
  #cancelled = false;
  #over = false;
  /** While something runs that the caller did not send: nothing of it is said, but how it failed. */
  #muted: { error: WireError | undefined } | undefined;

  constructor(parts: PassageParts) {
    this.#parts = parts;
    this.session = parts.session;
    this.consoleUrl = parts.consoleUrl;
  }

  get over(): boolean {
    return this.#over;
  }

  get cancelled(): boolean {
    return this.#cancelled;
  }

  get looksAtValues(): boolean {
    return looksAtValues(this.#parts.masks());
  }

  /** What a statement would do now; undefined where that cannot be told: then the session ended. */
  async understand(question: Question): Promise<Understood | undefined> {
    const { state, masks, gate } = this.#parts;
    try {
      const understood = understand(question, await state.surroundings(masks()));
      if (understood.analysis.unknown === undefined) return understood;
      await state.recheck();
      return understand(question, await state.surroundings(masks()));
    } catch (error) {
      const problem = isSallyportError(error) ? error : new SallyportError('internal', 'the statement could not be looked at', { cause: error });
      await gate.recorder.append(makeEvent('command.failed', { ...sessionParts(this.session), note: explainError(problem) })).catch(() => {});
      gate.report?.(problem, this.session);
      this.abandon(wireError(problem, 'FATAL'));
      return undefined;
    }
  }

  /** Whether it is refused whatever happens: then it need not be asked for twice. */
  decide({ command }: Understood): 'allow' | 'review' | 'deny' {
    return command.objection === undefined ? this.#parts.gate.decide(this.session, command).effect : 'deny';
  }

  async pass(command: Command, sending: Sending): Promise<void> {
    const { gate, observer, server } = this.#parts;
    const now = observer ? performance.now() : 0;
    const steps = observer?.begin({ session: this.session, command, arrived: now, authenticated: now, standing: false });
    const exchange = new StatementExchange(this, command, { steps, unclear: sending.unclear });
    const running: Running = { sending, stop: undefined, grant: undefined, timer: undefined };
    this.#cancelled = false;
    this.#running = running;
    try {
      const passing = passCommand(gate, exchange);
      if (sending.copies) await feedCopy(passing, this.#parts);
      await passing;
    } finally {
      clearTimeout(running.timer);
      this.#running = undefined;
      server.released();
    }
  }

  results(exchange: StatementExchange, grant: Grant, understood: Understood, portal?: WirePortal): Results {
    const { maskingKey: key, server, state, statements, portals } = this.#parts;
    const results = new Results({
      exchange,
      understood,
      key,
      values: this.looksAtValues,
      bounds: { rows: boundOf(grant.quotas, 'rows') ?? UNBOUNDED, bytes: boundOf(grant.quotas, 'replyBytes') ?? UNBOUNDED },
      ...(portal ? { portal } : {}),
      ran: (statement) => state.ran(statement, statements, portals),
      stop: () => this.cancel(),
    });
    server.talking(results);
    return results;
  }

  /** Runs something with nothing said to the caller; the error where it is refused or fails. */
  async silently(work: () => Promise<void>): Promise<WireError | undefined> {
    const muted: { error: WireError | undefined } = { error: undefined };
    this.#muted = muted;
    await work();
    this.#muted = undefined;
    return muted.error;
  }

  /** Tells the caller of an error, or whoever runs something silently. */
  fail(error: WireError): void {
    if (this.#muted) this.#muted.error = error;
    else void this.write(errorMessage(error));
  }

  /** For what told of itself already. */
  failed(error: WireError): void {
    if (this.#muted) this.#muted.error = error;
  }

  /** The caller, or somebody with its key, wants what runs to end. */
  cancelRequest(): void {
    this.#cancelled = true;
    this.#running?.stop?.abort();
    if (this.#running?.grant) this.cancel();
  }

  /** What people approved runs on when its caller leaves; everything else ends. */
  callerLeft(): void {
    this.#running?.stop?.abort();
    if (!this.#running?.grant || this.#running.grant.approval !== undefined) return;
    this.cancel();
    // A server that does not stop either is left alone with it.
    setTimeout(() => this.#parts.server.close(), LEFT_MS).unref();
  }

  cancel(): void {
    this.#parts.cancel();
  }

  abandon(error: WireError): void {
    if (this.#over) return;
    this.#over = true;
    this.#running?.stop?.abort();
    this.#parts.client.end(errorMessage({ ...error, severity: 'FATAL' }));
    this.#parts.server.close();
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (!this.#muted) await this.#parts.client.write(bytes);
  }

  /** To the caller, with what is written next. */
  gather(bytes: Uint8Array): void {
    if (!this.#muted) this.#parts.client.gather(bytes);
  }

  more(): void {
    this.#parts.server.more();
  }

  waiting(): AbortSignal {
    const running = this.#running;
    if (!running || this.#cancelled || this.#over) return AbortSignal.abort();
    running.stop ??= new AbortController();
    return AbortSignal.any([running.stop.signal, this.#parts.client.left]);
  }

  begin(exchange: StatementExchange, grant: Grant): void {
    const running = this.#running;
    if (!running) return;
    running.grant = grant;
    const limit = boundOf(grant.quotas, 'runMs');
    if (limit !== undefined) running.timer = setTimeout(() => this.cancel(), limit);
    running.sending.send(exchange, grant);
  }

  refuse(error: WireError): void {
    this.#running?.sending.refuse(error);
  }
}
