import { connectSignedIn } from '../gateway-client.ts';
import type { Invocation } from '../command.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { rights } from '../views.ts';

export async function run(invocation: Invocation): Promise<ExitCode> {
  const { terminal, format, arguments: words, options } = invocation;
  const gateway = await connectSignedIn(invocation);
  const { as, role, database } = options;
  const asked = {
    target: words[0] ?? '',
    ...(as === undefined ? {} : { as }),
    ...(role === undefined ? {} : { role }),
    ...(database === undefined ? {} : { database }),
  };
  const answer = await gateway.post('/api/policy/rights', asked, rights);
  if (format === 'json') terminal.json(answer);
  else for (const line of answer.script.split('\n')) terminal.line(line);
  return EXIT.ok;
}
