import type { Command } from './command.ts';
import type { Session } from './session.ts';

/** What the past of a subject adds to the risk of a command. */
export const HISTORY_FACTORS = ['first-time', 'unusual-rate', 'flagged-session'] as const;
export type HistoryFactor = (typeof HISTORY_FACTORS)[number];

/** What was seen of subjects before. Nothing here waits: a decision is never held up by its past. */
export interface History {
  /** Reads only: the same until something of it was used, refused or flagged. */
  factors(session: Session, command: Command): readonly HistoryFactor[];
  /** The command goes to its target. */
  used(session: Session, command: Command): void;
  /** The command was refused, for more than a limit. */
  refused(session: Session): void;
  /** Something that came back was masked or remarkable. */
  flagged(session: Session): void;
}
