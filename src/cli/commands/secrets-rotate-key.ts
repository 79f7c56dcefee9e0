import type { Invocation } from '../command.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { connectSignedIn } from '../gateway-client.ts';
import { resealed } from '../views.ts';

export async function run(invocation: Invocation): Promise<ExitCode> {
  const { terminal, format } = invocation;
  const answer = await (await connectSignedIn(invocation)).post('/api/secrets/rotate-key', {}, resealed);
  if (format === 'json') terminal.json(answer);
  else terminal.line(`${answer.sealed} values were sealed anew, with the key ${answer.key}`);
  return EXIT.ok;
}
