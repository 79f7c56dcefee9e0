import { alignColumns } from '../columns.ts';
import type { Invocation } from '../command.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { connectSignedIn } from '../gateway-client.ts';
import { access } from '../views.ts';

/** What nobody uses comes first. */
export async function run(invocation: Invocation): Promise<ExitCode> {
  const { terminal, options, format } = invocation;
  const query = new URLSearchParams(options['since'] === undefined ? {} : { since: options['since'] });
  const gateway = await connectSignedIn(invocation);
  const found = await gateway.get(`/api/targets/${encodeURIComponent(invocation.arguments[0] ?? '')}/access?${query.toString()}`, access);
  if (format === 'json') terminal.json(found);
  else if (found.grants.length === 0) terminal.note('no rule allows or holds anything there');
  const rows = found.grants.map(({ advice, who, effect, pattern, uses, lastAt, policy, rule }) => [
    advice,
    who,
    effect,
    pattern,
    lastAt === undefined ? 'never used' : `used ${uses} x, last ${lastAt}`,
    `${policy}/${rule}`,
  ]);
  if (format === 'text') for (const line of alignColumns(rows)) terminal.line(line);
  return EXIT.ok;
}
