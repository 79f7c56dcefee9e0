import { changeLock } from '../change-lock.ts';
import type { Invocation } from '../command.ts';
import type { ExitCode } from '../exit-code.ts';

export function run(invocation: Invocation): Promise<ExitCode> {
  return changeLock(invocation, 'lift');
}
