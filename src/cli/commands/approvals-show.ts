import { approvalText } from '../approval-text.ts';
import type { Invocation } from '../command.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { connectSignedIn } from '../gateway-client.ts';
import { approval } from '../views.ts';

export async function run(invocation: Invocation): Promise<ExitCode> {
  const { terminal, format } = invocation;
  const gateway = await connectSignedIn(invocation);
  const shown = await gateway.get(`/api/approvals/${encodeURIComponent(invocation.arguments[0] ?? '')}`, approval);
  if (format === 'json') terminal.json(shown);
  else for (const line of approvalText(shown)) terminal.line(line);
  return EXIT.ok;
}
