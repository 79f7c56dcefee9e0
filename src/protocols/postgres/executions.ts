import type { Grant } from '../../core/pipeline.ts';
import { boundOf } from '../../core/quota.ts';
import type { Clearance } from './clearance.ts';
import type { Client } from './client.ts';
import { FRONTEND } from './codec.ts';
import type { StatementExchange } from './exchange.ts';
import { describePortal, execute, FLUSH } from './messages.ts';
import type { Passage } from './passage.ts';
import type { Results } from './results.ts';
import type { Round } from './round.ts';
import type { Server } from './server.ts';
import { describeTurn, type Turn } from './turn.ts';
import type { Understood } from './understanding.ts';
import type { WirePortal } from './wire-names.ts';

export interface ExecutionParts {
  readonly passage: Passage;
  readonly client: Client;
  readonly server: Server;
  readonly round: Round;
  readonly clearance: Clearance;
}

/** What one Execute runs. */
interface Execution {
  readonly portal: WirePortal;
  readonly understood: Understood;
  /** As many at the most; 0 for all. */
  readonly rows: number;
  readonly isCopy: boolean;
}

/** Runs portals: what was decided at Bind is decided again here, as a command that is recorded. */
export class Executions {
  readonly #passage: Passage;
  readonly #client: Client;
  readonly #server: Server;
  readonly #round: Round;
  readonly #clearance: Clearance;
  /** The Sync that follows went along. */
  #roundEnds = false;

  constructor({ passage, client, server, round, clearance }: ExecutionParts) {
    this.#passage = passage;
    this.#client = client;
    this.#server = server;
    this.#round = round;
    this.#clearance = clearance;
  }

  /** At the most `rows` of them; 0 for all. */
  async run(portal: WirePortal, rows: number): Promise<void> {
    const understood = await this.#clearance.understand(portal);
    if (!understood || this.#round.failed || !(await this.#clearance.clear(portal))) return;
    const isCopy = understood.analysis.statements.some(({ kind }) => kind === 'CopyStmt');
    await this.#passage.pass(understood.command, {
      refuse: (error) => this.#round.fail(error),
      send: (exchange, grant) => this.#send(exchange, grant, { portal, understood, rows, isCopy }),
      copies: isCopy,
      unclear: understood.analysis.unknown,
    });
    if (this.#roundEnds) await this.#server.idle();
    this.#roundEnds = false;
  }

  #send(exchange: StatementExchange, grant: Grant, execution: Execution): void {
    const { portal, understood, rows, isCopy } = execution;
    portal.cleared = true;
    if (this.#wantsColumns(execution)) this.#askColumns(portal);
    let results: Results | undefined;
    // Made when its answer begins: then the portal is described.
    const current = (): Results => (results ??= this.#passage.results(exchange, grant, understood, portal));
    // What people approved runs in one go: a second look at it would be a second run.
    this.#round.add(execute(portal.name, grant.approval === undefined ? rows : 0), this.#turn(exchange, current), portal);
    const bounded = boundOf(grant.quotas, 'rows') !== undefined || boundOf(grant.quotas, 'replyBytes') !== undefined;
    if (isCopy || bounded || this.#client.peek() !== FRONTEND.sync) return this.#round.send(FLUSH);
    this.#client.now();
    this.#roundEnds = true;
    this.#round.sync();
  }

  #turn(exchange: StatementExchange, results: () => Results): Turn {
    return {
      round: 'within',
      exchange,
      take: (frame) => {
        if (results().take(frame) === 'more') return 'more';
        const { over, results: given } = results();
        if (over) this.#round.failAfter(over);
        exchange.finish({ status: over ? 'error' : 'ok', results: given });
        return 'done';
      },
      failed: (frame) => {
        exchange.finish(frame ? results().fail(frame) : { status: 'skipped', results: [] });
        return 'told';
      },
    };
  }

  /** Whether its rows are looked into, and nobody asked the server yet what columns they have. */
  #wantsColumns({ portal, understood: { verdict }, isCopy }: Execution): boolean {
    if (isCopy || portal.columns) return false;
    const masked = verdict.kind === 'masked' && verdict.statements.some((columns) => columns.some((mask) => mask !== undefined));
    const isRecorded = this.#passage.session.target.record !== undefined;
    return (masked || isRecorded || this.#passage.looksAtValues) && !this.#round.describes(portal);
  }

  #askColumns(portal: WirePortal): void {
    const remember = describeTurn(
      'portal',
      () => {},
      (described) => (portal.columns = described?.columns),
    );
    this.#round.add(describePortal(portal.name), remember, portal);
  }
}
