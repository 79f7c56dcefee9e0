import { alignColumns } from '../columns.ts';
import type { Invocation } from '../command.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { withAccounts } from '../local-accounts.ts';

export async function run(invocation: Invocation): Promise<ExitCode> {
  const { terminal, format } = invocation;
  const accounts = (await withAccounts(invocation, (all) => all.list())).map(({ name, kind, groups }) => ({ name, kind, groups }));
  if (format === 'json') terminal.json({ accounts });
  else if (accounts.length === 0) terminal.line('there is no account: sallyport accounts add NAME --groups GROUPS');
  else for (const line of alignColumns(accounts.map(({ name, kind, groups }) => [name, kind, groups.join(', ')]))) terminal.line(line);
  return EXIT.ok;
}
