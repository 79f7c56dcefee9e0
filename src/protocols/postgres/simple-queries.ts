import { makeCommand, type Command } from '../../core/command.ts';
import { BACKEND, frameBytes, type Frame } from './codec.ts';
import { errorMessage, fatal, type WireError } from './errors.ts';
import type { Ending, StatementExchange } from './exchange.ts';
import { query, readQuery } from './messages.ts';
import type { Passage } from './passage.ts';
import type { Results } from './results.ts';
import type { Server } from './server.ts';
import type { SessionState } from './session-state.ts';
import { unexpected, type Turn } from './turn.ts';

/** A text that no server understands: it is sent where something was refused, so that the server fails as well. */
export const FAILS = 'refused by the gateway';

/** Query: one text, with all its statements, is decided at once, and goes as it came or not at all. */
export class SimpleQueries {
  readonly #passage: Passage;
  readonly #server: Server;
  readonly #state: SessionState;

  constructor(passage: Passage, server: Server, state: SessionState) {
    this.#passage = passage;
    this.#server = server;
    this.#state = state;
  }

  take(frame: Frame): Promise<void> {
    const text = readText(frame);
    return text === undefined ? this.refuse(malformed()) : this.run(text, frameBytes(frame));
  }

  /** Resolves when the round is over. */
  async run(text: string, bytes: Buffer = query(text)): Promise<void> {
    const understood = await this.#passage.understand({ text });
    if (!understood) return;
    const { command, analysis } = understood;
    await this.#passage.pass(command, {
      refuse: (error) => this.#fail(error),
      send: (exchange, grant) => this.#server.send([bytes], [this.#turn(exchange, this.#passage.results(exchange, grant, understood))]),
      copies: analysis.statements.some(({ kind }) => kind === 'CopyStmt'),
      unclear: analysis.unknown,
    });
    await this.#server.idle();
  }

  /** Something that is a round of its own and goes nowhere. */
  async refuse(command: Command): Promise<void> {
    await this.#passage.pass(command, { refuse: (error) => this.#fail(error), send: () => {}, copies: false, unclear: command.objection });
    await this.#server.idle();
  }

  #turn(exchange: StatementExchange, results: Results): Turn {
    let failing = false;
    let ending: Ending | undefined;
    return {
      round: 'own',
      exchange,
      take: (frame) => {
        if (frame.type === BACKEND.error) {
          ending = results.fail(frame);
          this.#passage.failed(fatal(ending.error?.sqlstate ?? 'XX000', ending.error?.message ?? ''));
          this.#state.failed();
          return 'more';
        }
        if (frame.type !== BACKEND.readyForQuery) {
          if (failing) throw unexpected(frame);
          results.take(frame);
          return 'more';
        }
        results.flush();
        if (results.over && !ending) {
          // It gave all it had before it could be stopped: then something else fails.
          if (failing) throw unexpected(frame);
          failing = true;
          this.#server.sendMore(query(FAILS));
          return 'more';
        }
        this.#server.readyCame(frame);
        exchange.offer({ bytes: frameBytes(frame) });
        exchange.finish(ending ?? { status: 'ok', results: results.results });
        return 'done';
      },
    };
  }

  /** The server fails on another text, and its error is ours. */
  #fail(error: WireError): void {
    this.#passage.failed(error);
    const turn: Turn = {
      round: 'own',
      take: (frame) => {
        if (frame.type === BACKEND.error) {
          this.#state.failed();
          void this.#passage.write(errorMessage(error));
          return 'more';
        }
        if (frame.type !== BACKEND.readyForQuery) throw unexpected(frame);
        this.#server.readyCame(frame);
        void this.#passage.write(frameBytes(frame));
        return 'done';
      },
    };
    this.#server.send([query(FAILS)], [turn]);
  }
}

/** Undefined for what no server takes as a text. */
function readText(frame: Frame): string | undefined {
  try {
    return readQuery(frame);
  } catch {
    return undefined;
  }
}

const malformed = (): Command =>
  makeCommand({
    protocol: 'postgres',
    name: 'unknown',
    effects: ['protocol:malformed', 'unknown'],
    naming: 'plain',
    arguments: {},
    objection: 'a text that is not UTF-8, or that holds a NUL',
  });

/** It names a function by number and carries no statement: nothing can be said of what it does. */
export const functionCall = (): Command =>
  makeCommand({
    protocol: 'postgres',
    name: 'protocol:FunctionCall',
    effects: ['protocol:FunctionCall', 'write:large-object'],
    naming: 'plain',
    arguments: {},
    objection: 'a FunctionCall: use a statement instead',
  });
