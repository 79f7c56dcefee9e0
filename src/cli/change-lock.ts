import { didYouMean } from '../core/closest-name.ts';
import { SallyportError } from '../core/error.ts';
import type { Invocation } from './command.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { connectSignedIn } from './gateway-client.ts';
import { nothing } from './views.ts';

const KINDS: readonly string[] = ['subject', 'target', 'session'];

export async function changeLock(invocation: Invocation, change: 'place' | 'lift'): Promise<ExitCode> {
  const [kind = '', name = ''] = invocation.arguments;
  if (!KINDS.includes(kind))
    throw new SallyportError('usage', `${kind} cannot be locked`, { hint: `${didYouMean(kind, KINDS)}a lock is on a subject, a target or a session` });
  const gateway = await connectSignedIn(invocation);
  const body = { kind, name, reason: invocation.options['reason'] ?? '' };
  const changed = await gateway.post(change === 'place' ? '/api/locks' : '/api/locks/lift', body, nothing);
  if (invocation.format === 'json') invocation.terminal.json(changed);
  else invocation.terminal.line(`${kind} ${name} is ${change === 'place' ? 'locked' : 'not locked any more'}`);
  return EXIT.ok;
}
