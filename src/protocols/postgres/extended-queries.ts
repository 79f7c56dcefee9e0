import { Clearance } from './clearance.ts';
import type { Client } from './client.ts';
import { BACKEND, frameBytes, FRONTEND, type Frame } from './codec.ts';
import { Executions } from './executions.ts';
import { describeStatement, FLUSH, readBind, readExecute, readNamed, readParse, type Bind } from './messages.ts';
import { boundTexts, needsTypes } from './parameters.ts';
import type { Passage } from './passage.ts';
import { Round } from './round.ts';
import type { Server } from './server.ts';
import type { SessionState } from './session-state.ts';
import { MAX_NAMES } from './sql/namespace.ts';
import { describeTurn, simpleTurn } from './turn.ts';
import type { WireNames, WirePortal, WireStatement } from './wire-names.ts';

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
  readonly #server: Server;
  readonly #state: SessionState;
  readonly #statements: WireNames<WireStatement>;
  readonly #portals: WireNames<WirePortal>;
  readonly #round: Round;
  readonly #clearance: Clearance;
  readonly #executions: Executions;

  constructor({ passage, client, server, state, statements, portals }: ExtendedParts) {
    this.#passage = passage;
    this.#server = server;
    this.#state = state;
    this.#statements = statements;
    this.#portals = portals;
    this.#round = new Round(passage, server);
    this.#clearance = new Clearance(passage, this.#round);
    this.#executions = new Executions({ passage, client, server, round: this.#round, clearance: this.#clearance });
  }

  /** The server refused something that was sent. */
  skip(): void {
    this.#round.skip();
  }

  endRound(): void {
    this.#round.end();
  }

  /** Undefined where nothing has to be waited for. */
  take(frame: Frame): Promise<void> | undefined {
    if (frame.type === FRONTEND.sync) return this.#sync();
    if (this.#round.failed) return undefined;
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
    if (!understood || this.#round.failed) return;
    // What depends on parameters is decided when they are bound.
    if (!understood.analysis.dependsOnParameters && this.#passage.decide(understood) === 'deny') return this.#clearance.refuse(understood);
    const { name, text } = statement;
    if (name !== '' && (this.#state.isFull || this.#statements.size >= MAX_NAMES)) return this.#tooMany('prepared statements');
    this.#statements.expect(name, statement);
    this.#round.add(
      frameBytes(frame),
      simpleTurn(BACKEND.parseComplete, (answer) => {
        this.#statements.settle(name, statement);
        if (name !== '') this.#state.prepared(name, text);
        this.#passage.gather(frameBytes(answer));
      }),
    );
  }

  #bind(frame: Frame): Promise<void> | undefined {
    const bind = readBind(frame);
    const statement = this.#statements.get(bind.statement);
    if (!statement) {
      this.#round.fail({
        severity: 'ERROR',
        sqlstate: '26000',
        message: `prepared statement "${bind.statement}" does not exist`,
        hint: 'A statement of PREPARE is run by EXECUTE.',
      });
      return undefined;
    }
    if (needsTypes(bind, statement.types) && !statement.described) return this.#bindDescribed(frame, bind, statement);
    this.#addPortal(frame, bind, statement);
    return undefined;
  }

  async #bindDescribed(frame: Frame, bind: Bind, statement: WireStatement): Promise<void> {
    if (await this.#describeStatement(statement)) this.#addPortal(frame, bind, statement);
  }

  #addPortal(frame: Frame, bind: Bind, statement: WireStatement): void {
    if (this.#portals.size >= MAX_NAMES) return this.#tooMany('portals');
    const parameters = boundTexts(bind, statement.described ?? statement.types);
    const portal: WirePortal = { name: bind.portal, statement, parameters, cleared: false, columns: undefined, rows: 0 };
    this.#portals.expect(portal.name, portal);
    this.#round.add(
      frameBytes(frame),
      simpleTurn(BACKEND.bindComplete, (answer) => {
        this.#portals.settle(portal.name, portal);
        this.#passage.gather(frameBytes(answer));
      }),
      portal,
    );
  }

  /** Asks the server for the types that the caller left to it. */
  async #describeStatement(statement: WireStatement): Promise<boolean> {
    if (!(await this.#clearance.clear()) || this.#server.closed.aborted) return false;
    await new Promise<void>((resolve) => {
      const turn = describeTurn(
        'statement',
        () => {},
        (described) => {
          statement.described = described?.parameters;
          resolve();
        },
      );
      this.#round.add(describeStatement(statement.name), turn);
      this.#round.send(FLUSH);
    });
    return !this.#round.failed && !this.#passage.over;
  }

  #describe(frame: Frame): undefined {
    const { what, name } = readNamed(frame);
    const portal = what === 'portal' ? this.#portals.get(name) : undefined;
    const statement = what === 'statement' ? this.#statements.get(name) : undefined;
    if (!portal && !statement) return this.#unknownName(what, name);
    const turn = describeTurn(
      what,
      (answer) => this.#passage.gather(frameBytes(answer)),
      (described) => {
        if (statement && described) statement.described = described.parameters;
        if (portal && described) portal.columns = described.columns;
      },
    );
    this.#round.add(frameBytes(frame), turn, portal);
    return undefined;
  }

  #close(frame: Frame): undefined {
    const { what, name } = readNamed(frame);
    const names = what === 'portal' ? this.#portals : this.#statements;
    names.expect(name, undefined);
    this.#round.add(
      frameBytes(frame),
      simpleTurn(BACKEND.closeComplete, (answer) => {
        names.settle(name, undefined);
        if (what === 'statement') this.#state.deallocated(name);
        this.#passage.gather(frameBytes(answer));
      }),
    );
  }

  #execute(frame: Frame): Promise<void> | undefined {
    const { portal: name, rows } = readExecute(frame);
    const portal = this.#portals.get(name);
    return portal ? this.#executions.run(portal, rows) : this.#unknownName('portal', name);
  }

  async #sync(): Promise<void> {
    if (!this.#round.failed && !(await this.#clearance.clear())) this.#round.skip();
    this.#round.sync();
    await this.#server.idle();
  }

  async #flush(): Promise<void> {
    if (await this.#clearance.clear()) this.#round.send(FLUSH);
  }

  #tooMany(what: string): void {
    this.#round.fail({
      severity: 'ERROR',
      sqlstate: '54000',
      message: `more than ${MAX_NAMES} ${what} in one session`,
      hint: 'Close those that are not needed any more.',
    });
  }

  #unknownName(what: 'statement' | 'portal', name: string): undefined {
    const error =
      what === 'portal'
        ? { sqlstate: '34000', message: `portal "${name}" does not exist` }
        : { sqlstate: '26000', message: `prepared statement "${name}" does not exist` };
    this.#round.fail({ severity: 'ERROR', ...error });
  }
}
