import { alignColumns } from '../columns.ts';
import type { Invocation } from '../command.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { connectSignedIn } from '../gateway-client.ts';
import { sessionRow } from '../session-text.ts';
import { sessions } from '../views.ts';

export async function run(invocation: Invocation): Promise<ExitCode> {
  const { terminal, options, format } = invocation;
  const gateway = await connectSignedIn(invocation);
  const { cursor, limit = '50' } = options;
  const query = new URLSearchParams({ limit, ...(cursor === undefined ? {} : { cursor }) });
  const page = await gateway.get(`/api/sessions?${query.toString()}`, sessions);
  if (format === 'json') {
    terminal.json(page);
    return EXIT.ok;
  }
  for (const line of alignColumns(page.sessions.map(sessionRow))) terminal.line(line);
  if (page.sessions.length === 0) terminal.note('no session is recorded that you may see');
  if (page.next !== undefined) terminal.note(`more: sallyport sessions list --cursor ${page.next}`);
  return EXIT.ok;
}
