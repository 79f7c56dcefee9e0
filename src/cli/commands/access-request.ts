import type { Invocation } from '../command.ts';
import type { ExitCode } from '../exit-code.ts';
import { requestAccess } from '../request-access.ts';

export function run(invocation: Invocation): Promise<ExitCode> {
  return requestAccess(invocation, 'ask');
}
