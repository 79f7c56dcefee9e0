import type { Invocation } from '../command.ts';
import type { ExitCode } from '../exit-code.ts';
import { answerTool } from '../target-tools.ts';

export function run(invocation: Invocation): Promise<ExitCode> {
  return answerTool(invocation, 'reject');
}
