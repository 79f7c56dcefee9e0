import { SallyportError } from '../core/error.ts';
import type { Invocation } from './command.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { connectSignedIn } from './gateway-client.ts';
import { nothing } from './views.ts';

export async function changeHold(invocation: Invocation, change: 'place' | 'lift'): Promise<ExitCode> {
  const [kind = '', name = ''] = invocation.arguments;
  if (kind !== 'session' && kind !== 'target') throw new SallyportError('usage', `${kind} cannot be held: write session or target`);
  const gateway = await connectSignedIn(invocation);
  const changed = await gateway.post(
    change === 'place' ? '/api/holds' : '/api/holds/lift',
    { kind, name, reason: invocation.options['reason'] ?? '' },
    nothing,
  );
  if (invocation.format === 'json') invocation.terminal.json(changed);
  else invocation.terminal.line(change === 'place' ? `${kind} ${name} is held: it is neither erased nor deleted` : `${kind} ${name} is not held any more`);
  return EXIT.ok;
}
