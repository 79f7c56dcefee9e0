import type { Invocation } from '../command.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { connectSignedIn } from '../gateway-client.ts';
import { nothing } from '../views.ts';

export async function run(invocation: Invocation): Promise<ExitCode> {
  const { terminal, format } = invocation;
  const [id = ''] = invocation.arguments;
  const answer = await (await connectSignedIn(invocation)).post('/api/connections/remove', { id }, nothing);
  if (format === 'json') terminal.json(answer);
  else terminal.line('the account is disconnected');
  return EXIT.ok;
}
