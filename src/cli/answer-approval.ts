import type { Invocation } from './command.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { connectSignedIn } from './gateway-client.ts';
import { approval } from './views.ts';

/** A yes may not be the last that is needed: the status says what it came to. */
export async function answerApproval(invocation: Invocation, answer: 'approve' | 'deny' | 'withdraw'): Promise<ExitCode> {
  const { terminal, options, format } = invocation;
  const id = invocation.arguments[0] ?? '';
  const gateway = await connectSignedIn(invocation);
  const answered = await gateway.post(`/api/approvals/${encodeURIComponent(id)}/${answer}`, { reason: options['reason'] ?? '' }, approval);
  if (format === 'json') terminal.json(answered);
  else terminal.line(`${answered.id} is ${answered.status}`);
  return EXIT.ok;
}
