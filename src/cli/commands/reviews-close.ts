import type { Invocation } from '../command.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { connectSignedIn } from '../gateway-client.ts';
import { review } from '../views.ts';

export async function run(invocation: Invocation): Promise<ExitCode> {
  const { terminal, format, options } = invocation;
  const id = invocation.arguments[0] ?? '';
  const closed = await (await connectSignedIn(invocation)).post(`/api/reviews/${encodeURIComponent(id)}/close`, { finding: options['finding'] ?? '' }, review);
  if (format === 'json') terminal.json(closed);
  else terminal.line(`${closed.id} is ${closed.status}`);
  return EXIT.ok;
}
