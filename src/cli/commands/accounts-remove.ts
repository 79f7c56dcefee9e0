import { SallyportError } from '../../core/error.ts';
import type { Invocation } from '../command.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { withAccounts } from '../local-accounts.ts';

export async function run(invocation: Invocation): Promise<ExitCode> {
  const { terminal, format, arguments: given } = invocation;
  const [name = ''] = given;
  if (!(await withAccounts(invocation, (accounts) => accounts.remove(name)))) {
    throw new SallyportError('not_found', `there is no account ${name}`, { hint: 'sallyport accounts list' });
  }
  if (format === 'json') terminal.json({ removed: name });
  else terminal.line(`${name} is removed, and signed out`);
  return EXIT.ok;
}
