import { changeHold } from '../change-hold.ts';
import type { Invocation } from '../command.ts';
import type { ExitCode } from '../exit-code.ts';

export function run(invocation: Invocation): Promise<ExitCode> {
  return changeHold(invocation, 'lift');
}
