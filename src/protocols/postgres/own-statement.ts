import { BACKEND } from './codec.ts';
import { firstCell } from './database.ts';
import { bind, closePortal, closeStatement, execute, FLUSH, parse, SYNC } from './messages.ts';
import type { Turn } from './turn.ts';

const NAME = 'sallyport asks';

/** Where it runs: inside a round of the caller's, which goes on afterwards, or between two. */
export type Place = 'within' | 'between';

/**
 * A statement of the gateway's own on the caller's connection; `answer` gets the first cell of its first row, or undefined where it
 * fails. It goes under a name: a Query, or one without, would drop what the caller prepared without a name, and inside a round a Query
 * would commit what the round did so far. https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-EXT-QUERY
 */
export function ownStatement(text: string, place: Place, answer: (cell: string | undefined) => void): { messages: readonly Buffer[]; turn: Turn } {
  const messages = [parse(NAME, text), bind(NAME, NAME), execute(NAME, 0), closePortal(NAME), closeStatement(NAME), place === 'within' ? FLUSH : SYNC];
  let cell: string | undefined;
  let open = 2;
  const isLast = (type: number): boolean => (place === 'within' ? type === BACKEND.closeComplete && open === 0 : type === BACKEND.readyForQuery);
  const turn: Turn = {
    round: place === 'within' ? 'within' : 'own',
    take(frame) {
      if (frame.type === BACKEND.dataRow) cell ??= firstCell(frame);
      if (frame.type === BACKEND.closeComplete) open -= 1;
      if (!isLast(frame.type)) return 'more';
      answer(cell);
      return 'done';
    },
    failed() {
      answer(undefined);
      // Inside a round it is the caller's round that failed.
      return undefined;
    },
  };
  return { messages, turn };
}
