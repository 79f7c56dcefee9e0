import type { Invocation } from '../command.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { connectSignedIn } from '../gateway-client.ts';
import { queued } from '../views.ts';

export async function run(invocation: Invocation): Promise<ExitCode> {
  const { terminal, format } = invocation;
  const name = invocation.arguments[0] ?? '';
  const result = await (await connectSignedIn(invocation)).post(`/api/alerts/${encodeURIComponent(name)}/test`, {}, queued);
  if (format === 'json') terminal.json(result);
  else if (result.queued === 0) terminal.line('nobody is told: notify in sallyport.yaml names no address for it');
  else terminal.line(`queued: ${result.queued} ${result.queued === 1 ? 'message' : 'messages'}`);
  return result.queued === 0 ? EXIT.refused : EXIT.ok;
}
