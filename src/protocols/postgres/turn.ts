import type { StatementExchange } from './exchange.ts';
import { BACKEND, MalformedMessage, type Frame } from './codec.ts';
import { readParameterDescription, readRowDescription, type ResultColumn } from './messages.ts';

/**
 * Something that was sent to the server, and takes its answer. The server answers in order; after an error it skips all
 * turns up to the one that ends the round.
 */
export interface Turn {
  /** Takes one message; `done` where it was the last. Throws `MalformedMessage` for one that is no answer to it. */
  take(frame: Frame): 'more' | 'done';
  /** The server refused it (`frame`), or never looked at it. `told` where the caller hears of it by the turn itself. */
  failed?(frame: Frame | undefined): 'told' | undefined;
  /** A Query and its errors end by themselves; all others are skipped up to a Sync. */
  readonly round: 'own' | 'end' | 'within';
  /** Whose answer it is: what comes after it waits until that is taken. */
  readonly exchange?: StatementExchange;
}

export const unexpected = ({ type }: Frame): MalformedMessage => new MalformedMessage(`an answer of the type 0x${type.toString(16)} to something else`);

/** One message of one type, which is passed on. */
export function simpleTurn(type: number, answered: (frame: Frame) => void): Turn {
  return {
    round: 'within',
    take(frame) {
      if (frame.type !== type) throw unexpected(frame);
      answered(frame);
      return 'done';
    },
  };
}

export interface Described {
  readonly parameters: readonly number[] | undefined;
  /** None where it gives no rows. */
  readonly columns: readonly ResultColumn[];
}

/** Describe of a statement (parameters first) or of a portal. `pass` gets the messages; `done` what they said. */
export function describeTurn(what: 'statement' | 'portal', pass: (frame: Frame) => void, done: (described: Described | undefined) => void): Turn {
  let parameters: readonly number[] | undefined;
  return {
    round: 'within',
    take(frame) {
      if (what === 'statement' && parameters === undefined) {
        if (frame.type !== BACKEND.parameterDescription) throw unexpected(frame);
        parameters = readParameterDescription(frame);
        pass(frame);
        return 'more';
      }
      if (frame.type !== BACKEND.rowDescription && frame.type !== BACKEND.noData) throw unexpected(frame);
      const columns = frame.type === BACKEND.noData ? [] : readRowDescription(frame);
      pass(frame);
      done({ parameters, columns });
      return 'done';
    },
    failed() {
      done(undefined);
      return undefined;
    },
  };
}
