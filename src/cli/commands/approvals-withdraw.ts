import { answerApproval } from '../answer-approval.ts';
import type { Invocation } from '../command.ts';
import type { ExitCode } from '../exit-code.ts';

export function run(invocation: Invocation): Promise<ExitCode> {
  return answerApproval(invocation, 'withdraw');
}
