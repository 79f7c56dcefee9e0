import type { Grant } from '../../core/pipeline.ts';
import { boundOf } from '../../core/quota.ts';
import type { Client } from './client.ts';
import { BACKEND, frameBytes, FRONTEND, MalformedMessage, type Frame } from './codec.ts';
import { errorMessage, type WireError } from './errors.ts';
import type { StatementExchange } from './exchange.ts';
import { describePortal, describeStatement, execute, FLUSH, parse as parseMessage, readBind, readExecute, readNamed, readParse, SYNC } from './messages.ts';
import { boundTexts, needsTypes } from './parameters.ts';
import type { Passage } from './passage.ts';
import type { Results } from './results.ts';
import type { Server } from './server.ts';
import type { SessionState } from './session-state.ts';
import { FAILS } from './simple-queries.ts';
import { describeTurn, simpleTurn, unexpected, type Turn } from './turn.ts';
import type { Understood } from './understanding.ts';
import type { WireNames, WirePortal, WireStatement } from './wire-names.ts';

const NO_NAME = 'sallyport refused';

export interface ExtendedParts {
  readonly passage: Passage;
  readonly client: Client;
  readonly server: Server;
  readonly state: SessionState;
  readonly statements: WireNames<WireStatement>;
  readonly portals: WireNames<WirePortal>;
}

/** Parse, Bind, Execute and what is between: decided when it is prepared, and again with its parameters when it runs. */
export class ExtendedQueries {
  readonly #passage: Passage;
  readonly #client: Client;
  readonly #server: Server;
  readonly #state: SessionState;
  readonly #statements: WireNames<WireStatement>;
  readonly #portals: WireNames<WirePortal>;
  /** Messages that go with the next one that needs an answer. */
  #unsent: { readonly bytes: Buffer; readonly turn: Turn; readonly portal?: WirePortal }[] = [];
  #unsentBytes = 0;
  /** Something of this round failed: what follows is ignored up to its end, as the server does. */
  #skipping = false;
  /** The Sync that follows went along. */
  #roundEnds = false;

  constructor({ passage, client, server, state, statements, portals }: ExtendedParts) {
    this.#passage = passage;
    this.#client = client;
    this.#server = server;
    this.#state = state;
    this.#statements = statements;
    this.#portals = portals;
  }

  /** The server refused something that was sent. */
  skip(): void {
    this.#skipping = true;
  }

  endRound(): void {
    this.#skipping = false;
  }

  async take(frame: Frame): Promise<void> {
    if (frame.type === FRONTEND.sync) return this.#sync();
    if (this.#skipping) return;
    switch (frame.type) {
      case FRONTEND.parse:
        return this.#parse(frame);
      case FRONTEND.bind:
        return this.#bind(frame);
      case FRONTEND.describe:
        return this.#describe(frame);
      case FRONTEND.execute:
        return this.#execute(frame);
      case FRONTEND.close:
        return this.#close(frame);
      default:
        return this.#flush();
    }
  }

  async #parse(frame: Frame): Promise<void> {
    const statement: WireStatement = { ...readParse(frame), described: undefined };
    const understood = await this.#passage.understand({ text: statement.text, parameterTypes: statement.types });
    if (!understood || this.#skipping) return;
    // What depends on parameters is decided when they are bound.
    if (!understood.analysis.dependsOnParameters && this.#passage.decide(understood) === 'deny') return this.#refuse(understood);
    this.#statements.expect(statement.name, statement);
    const { name, text } = statement;
    this.#enqueue(
      frameBytes(frame),
      simpleTurn(BACKEND.parseComplete, (answer) => {
        this.#statements.settle(name, statement);
        if (name !== '') this.#state.prepared(name, text);
        void this.#passage.write(frameBytes(answer));
      }),
    );
  }

  async #bind(frame: Frame): Promise<void> {
    const bind = readBind(frame);
    const statement = this.#statements.get(bind.statement);
    if (!statement)
      return this.#failHere({
        severity: 'ERROR',
        sqlstate: '26000',
        message: `prepared statement "${bind.statement}" does not exist`,
        hint: 'A statement of PREPARE is run by EXECUTE.',
      });
    if (needsTypes(bind, statement.types) && !statement.described && !(await this.#describeStatement(statement))) return;
    const parameters = boundTexts(bind, statement.described ?? statement.types);
    const portal: WirePortal = { name: bind.portal, statement, parameters, cleared: false, columns: undefined, rows: 0 };
    this.#portals.expect(portal.name, portal);
    this.#enqueue(
      frameBytes(frame),
      simpleTurn(BACKEND.bindComplete, (answer) => {
        this.#portals.settle(portal.name, portal);
        void this.#passage.write(frameBytes(answer));
      }),
      portal,
    );
  }

  /** Asks the server for the types that the caller left to it. */
  async #describeStatement(statement: WireStatement): Promise<boolean> {
    if (!(await this.#clear(undefined)) || this.#server.closed.aborted) return false;
    await new Promise<void>((resolve) => {
      const turn = describeTurn(
        'statement',
        () => {},
        (described) => {
          statement.described = described?.parameters;
          resolve();
        },
      );
      this.#enqueue(describeStatement(statement.name), turn);
      this.#server.closed.addEventListener('abort', () => resolve(), { once: true });
      this.#send(FLUSH);
    });
    return !this.#skipping && !this.#passage.over;
  }

  async #describe(frame: Frame): Promise<void> {
    const { what, name } = readNamed(frame);
    const portal = what === 'portal' ? this.#portals.get(name) : undefined;
    const statement = what === 'statement' ? this.#statements.get(name) : undefined;
    if (!portal && !statement) return this.#unknownName(what, name);
    const turn = describeTurn(
      what,
      (answer) => void this.#passage.write(frameBytes(answer)),
      (described) => {
        if (statement && described) statement.described = described.parameters;
        if (portal && described) portal.columns = described.columns;
      },
    );
    this.#enqueue(frameBytes(frame), turn, portal);
  }

  async #close(frame: Frame): Promise<void> {
    const { what, name } = readNamed(frame);
    const names = what === 'portal' ? this.#portals : this.#statements;
    names.expect(name, undefined);
    this.#enqueue(
      frameBytes(frame),
      simpleTurn(BACKEND.closeComplete, (answer) => {
        names.settle(name, undefined);
        if (what === 'statement') this.#state.deallocated(name);
        void this.#passage.write(frameBytes(answer));
      }),
    );
  }

  async #execute(frame: Frame): Promise<void> {
    const { portal: name, rows } = readExecute(frame);
    const portal = this.#portals.get(name);
    if (!portal) return this.#unknownName('portal', name);
    const understood = await this.#understandPortal(portal);
    if (!understood || this.#skipping || !(await this.#clear(portal))) return;
    const isCopy = understood.analysis.statements.some(({ kind }) => kind === 'CopyStmt');
    await this.#passage.pass(understood.command, {
      refuse: (error) => this.#failHere(error, portal),
      send: (exchange, grant) => this.#sendExecute(exchange, grant, { portal, understood, rows, isCopy }),
      copies: isCopy,
      unclear: understood.analysis.unknown,
    });
    if (this.#roundEnds) await this.#server.idle();
    this.#roundEnds = false;
  }

  #sendExecute(
    exchange: StatementExchange,
    grant: Grant,
    { portal, understood, rows, isCopy }: { readonly portal: WirePortal; readonly understood: Understood; readonly rows: number; readonly isCopy: boolean },
  ): void {
    portal.cleared = true;
    const { verdict } = understood;
    const masked = verdict.kind === 'masked' && verdict.statements.some((columns) => columns.some((mask) => mask !== undefined));
    if ((masked || this.#passage.looksAtValues) && !isCopy && !portal.columns && !this.#isDescribed(portal)) {
      const remember = describeTurn(
        'portal',
        () => {},
        (described) => (portal.columns = described?.columns),
      );
      this.#enqueue(describePortal(portal.name), remember, portal);
    }
    let results: Results | undefined;
    // Made when its answer begins: then the portal is described.
    const of = (): Results => (results ??= this.#passage.results(exchange, grant, understood, portal));
    this.#enqueue(
      // What people approved runs in one go: a second look at it would be a second run.
      execute(portal.name, grant.approval === undefined ? rows : 0),
      {
        round: 'within',
        exchange,
        take: (frame) => {
          if (of().take(frame) === 'more') return 'more';
          if (of().over) {
            this.#failAfter(of().over);
            exchange.finish({ status: 'error', results: of().results });
          } else exchange.finish({ status: 'ok', results: of().results });
          return 'done';
        },
        failed: (frame) => {
          exchange.finish(frame ? of().fail(frame) : { status: 'skipped', results: [] });
          return 'told';
        },
      },
      portal,
    );
    const bounded = boundOf(grant.quotas, 'rows') !== undefined || boundOf(grant.quotas, 'replyBytes') !== undefined;
    if (!isCopy && !bounded && this.#client.peek() === FRONTEND.sync) {
      this.#client.now();
      this.#roundEnds = true;
      this.#sendSync();
    } else this.#send(FLUSH);
  }

  #isDescribed(portal: WirePortal): boolean {
    return this.#unsent.some((each) => each.portal === portal && each.bytes[0] === FRONTEND.describe);
  }

  async #sync(): Promise<void> {
    if (!this.#skipping && !(await this.#clear(undefined))) this.#skipping = true;
    this.#sendSync();
    await this.#server.idle();
  }

  #sendSync(): void {
    this.#enqueue(SYNC, {
      round: 'end',
      take: (frame) => {
        if (frame.type !== BACKEND.readyForQuery) throw unexpected(frame);
        this.#server.readyCame(frame);
        void this.#passage.write(frameBytes(frame));
        return 'done';
      },
    });
    this.#send();
  }

  async #flush(): Promise<void> {
    if (await this.#clear(undefined)) this.#send(FLUSH);
  }

  /** What was bound and not yet decided about goes nowhere: planning runs functions. False where something was refused. */
  async #clear(except: WirePortal | undefined): Promise<boolean> {
    for (const { portal } of this.#unsent) {
      if (!portal || portal === except || portal.cleared) continue;
      const understood = await this.#understandPortal(portal);
      if (!understood) return false;
      const answer = this.#passage.decide(understood);
      if (answer === 'deny') {
        await this.#refuse(understood, portal);
        return false;
      }
      if (answer === 'review') {
        this.#failHere(TOGETHER, portal);
        return false;
      }
      portal.cleared = true;
    }
    return true;
  }

  /** Something of the extended protocol is refused: the server fails in its place, and skips what follows as it always does. */
  #failHere(error: WireError, portal?: WirePortal): void {
    if (portal) this.#unsent = this.#unsent.filter((each) => each.portal !== portal || portal.cleared);
    this.#unsent = this.#unsent.filter((each) => !each.portal || each.portal.cleared);
    this.#skipping = true;
    this.#enqueue(parseMessage(NO_NAME, FAILS), this.#failTurn(error));
    this.#send(FLUSH);
  }

  #failAfter(error: WireError | undefined): void {
    if (!error) return;
    this.#skipping = true;
    this.#server.send([parseMessage(NO_NAME, FAILS), FLUSH], [this.#failTurn(error)]);
  }

  #failTurn(error: WireError): Turn {
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

  #unknownName(what: 'statement' | 'portal', name: string): void {
    const error =
      what === 'portal'
        ? { sqlstate: '34000', message: `portal "${name}" does not exist` }
        : { sqlstate: '26000', message: `prepared statement "${name}" does not exist` };
    this.#failHere({ severity: 'ERROR', ...error });
  }

  #enqueue(bytes: Buffer, turn: Turn, portal?: WirePortal): void {
    this.#unsent.push({ bytes, turn, ...(portal ? { portal } : {}) });
    this.#unsentBytes += bytes.length;
    if (this.#unsentBytes > 2 * this.#passage.session.target.limits.requestBytes) throw new MalformedMessage('too much in one round');
  }

  #send(...more: readonly Buffer[]): void {
    const sent = this.#unsent;
    this.#unsent = [];
    this.#unsentBytes = 0;
    this.#server.send(
      [...sent.map(({ bytes }) => bytes), ...more],
      sent.map(({ turn }) => turn),
    );
  }

  #understandPortal({ statement, parameters }: WirePortal): Promise<Understood | undefined> {
    return this.#passage.understand({ text: statement.text, parameterTypes: statement.types, parameters });
  }

  /** It takes the way of a command, so that it is recorded as one. */
  #refuse({ command, analysis }: Understood, portal?: WirePortal): Promise<void> {
    return this.#passage.pass(command, { refuse: (error) => this.#failHere(error, portal), send: () => {}, copies: false, unclear: analysis.unknown });
  }
}

/** Before people said yes the server does not even plan it. */
const TOGETHER: WireError = {
  severity: 'ERROR',
  sqlstate: '42501',
  message: 'this takes an approval, which people give for what runs; nothing was run',
  hint: 'Send Execute together with Bind.',
};
