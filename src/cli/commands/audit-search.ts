import { alignColumns } from '../columns.ts';
import type { Invocation } from '../command.ts';
import { filterParameters } from '../event-filter.ts';
import { eventRow } from '../event-text.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { connectSignedIn } from '../gateway-client.ts';
import { searchPage } from '../views.ts';

export async function run(invocation: Invocation): Promise<ExitCode> {
  const { terminal, options, format } = invocation;
  const query = filterParameters(options);
  const text = invocation.arguments[0];
  if (text !== undefined) query.set('text', text);
  query.set('limit', options['limit'] ?? '50');
  if (options['cursor'] !== undefined) query.set('cursor', options['cursor']);
  const gateway = await connectSignedIn(invocation);
  const page = await gateway.get(`/api/audit/search?${query.toString()}`, searchPage);
  if (format === 'json') {
    terminal.json(page);
    return EXIT.ok;
  }
  for (const line of alignColumns(page.events.map(eventRow))) terminal.line(line);
  if (page.events.length === 0) terminal.note(page.next === undefined ? 'nothing that you may see matches' : `nothing back to ${page.searchedTo ?? ''}`);
  if (page.behind) terminal.note('what was recorded in the last moments may not be found yet');
  if (page.next !== undefined) terminal.note(`more: the same with --cursor ${page.next}`);
  const session = page.events.find((event) => event.session !== undefined)?.session;
  if (session !== undefined) terminal.note(`what was said: sallyport sessions replay ${session}`);
  return EXIT.ok;
}
