import type { Invocation } from '../command.ts';
import type { ExitCode } from '../exit-code.ts';
import { readSession } from '../read-session.ts';
import { eventLine, sessionHead } from '../session-text.ts';

export function run(invocation: Invocation): Promise<ExitCode> {
  return readSession(invocation, ({ session, events }) => {
    const since = Date.parse(session.openedAt);
    return [...sessionHead(session), '', ...events.map(({ event }) => eventLine(event, since))];
  });
}
