import { SallyportError } from '../core/error.ts';
import type { Invocation } from './command.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { connectSignedIn } from './gateway-client.ts';
import { approval } from './views.ts';

/** The same request; who breaks glass does not wait for people. */
export async function requestAccess(invocation: Invocation, how: 'ask' | 'break-glass'): Promise<ExitCode> {
  const { terminal, options, format } = invocation;
  const required = (name: string): string => {
    const value = options[name];
    if (value === undefined)
      throw new SallyportError('usage', `--${name} is missing`, { hint: `sallyport access ${how === 'ask' ? 'request' : 'break-glass'} --help` });
    return value;
  };
  const body = {
    target: required('target'),
    command: required('command'),
    for: required('for'),
    reason: required('reason'),
    ...(options['where'] === undefined ? {} : { constraint: options['where'] }),
    breakGlass: how === 'break-glass',
  };
  const asked = await (await connectSignedIn(invocation)).post('/api/windows', body, approval);
  if (format === 'json') terminal.json(asked);
  else
    terminal.line(
      asked.status === 'granted' ? `${asked.id} is open until ${asked.expiresAt}` : `${asked.id} is ${asked.status}: the time begins when it is approved`,
    );
  return EXIT.ok;
}
