import { approvalRows } from '../approval-text.ts';
import type { Invocation } from '../command.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { connectSignedIn } from '../gateway-client.ts';
import { approvals } from '../views.ts';

export async function run(invocation: Invocation): Promise<ExitCode> {
  const { terminal, flags, format } = invocation;
  const gateway = await connectSignedIn(invocation);
  const listed = await gateway.get(`/api/approvals?status=${flags.has('all') ? 'all' : 'pending'}`, approvals);
  if (format === 'json') terminal.json(listed);
  else if (listed.approvals.length === 0) terminal.note('nothing is held');
  else for (const line of approvalRows(listed.approvals)) terminal.line(line);
  return EXIT.ok;
}
