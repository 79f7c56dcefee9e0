import type { Command } from '../core/command.ts';
import type { History, HistoryFactor } from '../core/history.ts';
import type { Session } from '../core/session.ts';
import { subjectKey } from '../core/subject.ts';
import { PastUses, type PastUsesParts } from './past-uses.ts';
import { UsualRate } from './usual-rate.ts';

const MAX_FLAGGED = 20_000;
const NONE: readonly HistoryFactor[] = [];

export interface KeptHistory extends History {
  close(): Promise<void>;
}

/** First uses are in the database; rates and flagged sessions are this process's own. */
export async function openHistory(parts: PastUsesParts): Promise<KeptHistory> {
  const { now = Date.now } = parts;
  const uses = new PastUses(parts);
  const rate = new UsualRate();
  const flagged = new Set<string>();
  await uses.start();
  return {
    factors(session: Session, command: Command) {
      // What every client does to be a client is nobody's first time.
      if (command.naming === 'handshake') return NONE;
      const found: HistoryFactor[] = [];
      if (uses.isFirst(session, command)) found.push('first-time');
      if (rate.isUnusual(subjectKey(session.subject), now())) found.push('unusual-rate');
      if (flagged.has(session.id)) found.push('flagged-session');
      return found.length === 0 ? NONE : found;
    },
    used(session, command) {
      if (command.naming === 'handshake') return;
      uses.note(session, command);
      rate.count(subjectKey(session.subject), now());
    },
    refused(session) {
      rate.count(subjectKey(session.subject), now());
      keep(session.id);
    },
    flagged: ({ id }) => keep(id),
    close: () => uses.close(),
  };

  function keep(id: string): void {
    if (id === '' || flagged.has(id)) return;
    flagged.add(id);
    if (flagged.size <= MAX_FLAGGED) return;
    const [oldest] = flagged;
    if (oldest !== undefined) flagged.delete(oldest);
  }
}
