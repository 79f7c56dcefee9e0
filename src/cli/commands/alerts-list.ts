import { alignColumns } from '../columns.ts';
import type { Invocation } from '../command.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { connectSignedIn } from '../gateway-client.ts';
import { alerts } from '../views.ts';

export async function run(invocation: Invocation): Promise<ExitCode> {
  const { terminal, format } = invocation;
  const listed = await (await connectSignedIn(invocation)).get('/api/alerts', alerts);
  if (format === 'json') terminal.json(listed);
  else if (listed.alerts.length === 0) terminal.note('there are no alerts: they are resources, kind: Alert');
  else {
    const rows = listed.alerts.map(({ name, severity, events, threshold, window, raised: [last] }) => [
      name,
      severity,
      `${events.join(', ')}${threshold === 1 ? '' : `: ${threshold} within ${window}`}`,
      last ? `raised ${last.at} ${Object.values(last.group).join(' ')}` : 'never raised',
    ]);
    for (const line of alignColumns(rows)) terminal.line(line);
  }
  return EXIT.ok;
}
