import { alignColumns } from '../columns.ts';
import type { Invocation } from '../command.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { connectSignedIn } from '../gateway-client.ts';
import { reviews } from '../views.ts';

export async function run(invocation: Invocation): Promise<ExitCode> {
  const { terminal, format } = invocation;
  const listed = await (await connectSignedIn(invocation)).get('/api/reviews', reviews);
  if (format === 'json') terminal.json(listed);
  else if (listed.reviews.length === 0) terminal.note('there is nothing to review');
  else
    for (const line of alignColumns(
      listed.reviews.map(({ id, status, subject, target, command, reason, openedAt }) => [id, status, subject.name, target, command, openedAt, reason]),
    ))
      terminal.line(line);
  return EXIT.ok;
}
