import { SallyportError } from '../../core/error.ts';
import type { Invocation } from '../command.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { connectSignedIn } from '../gateway-client.ts';
import { nothing } from '../views.ts';

export async function run(invocation: Invocation): Promise<ExitCode> {
  const [id = ''] = invocation.arguments;
  const reason = invocation.options['reason'] ?? '';
  if (reason.trim() === '') throw new SallyportError('usage', 'why it is erased has to be recorded', { hint: 'add --reason TEXT' });
  const gateway = await connectSignedIn(invocation);
  const erased = await gateway.post(`/api/sessions/${encodeURIComponent(id)}/erase`, { reason }, nothing);
  if (invocation.format === 'json') invocation.terminal.json(erased);
  else invocation.terminal.line(`what session ${id} said is erased; that it was is recorded`);
  return EXIT.ok;
}
