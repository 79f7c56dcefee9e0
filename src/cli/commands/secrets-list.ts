import { alignColumns } from '../columns.ts';
import type { Invocation } from '../command.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { connectSignedIn } from '../gateway-client.ts';
import { secrets } from '../views.ts';

export async function run(invocation: Invocation): Promise<ExitCode> {
  const { terminal, format } = invocation;
  const listed = await (await connectSignedIn(invocation)).get('/api/secrets', secrets);
  if (format === 'json') terminal.json(listed);
  else if (listed.secrets.length === 0) terminal.note('no sealed value is yours to change');
  else {
    const rows = listed.secrets.map(({ name, setBy, setAt, targets }) => [name, `by ${setBy}`, setAt, targets.length === 0 ? 'not used' : targets.join(', ')]);
    for (const line of alignColumns(rows)) terminal.line(line);
  }
  return EXIT.ok;
}
