import type { Invocation } from '../command.ts';
import type { ExitCode } from '../exit-code.ts';
import { readSession } from '../read-session.ts';
import { replayLines } from '../session-text.ts';

export function run(invocation: Invocation): Promise<ExitCode> {
  return readSession(invocation, replayLines);
}
