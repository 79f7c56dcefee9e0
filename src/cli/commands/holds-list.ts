import { alignColumns } from '../columns.ts';
import type { Invocation } from '../command.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { connectSignedIn } from '../gateway-client.ts';
import { holds } from '../views.ts';

export async function run(invocation: Invocation): Promise<ExitCode> {
  const { terminal, format } = invocation;
  const listed = await (await connectSignedIn(invocation)).get('/api/holds', holds);
  if (format === 'json') terminal.json(listed);
  else if (listed.holds.length === 0) terminal.note('nothing is held');
  else for (const line of alignColumns(listed.holds.map(({ kind, name, by, at, reason }) => [kind, name, `by ${by}`, at, reason]))) terminal.line(line);
  return EXIT.ok;
}
