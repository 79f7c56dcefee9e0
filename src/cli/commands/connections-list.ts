import { alignColumns } from '../columns.ts';
import type { Invocation } from '../command.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { connectSignedIn } from '../gateway-client.ts';
import { connections } from '../views.ts';

export async function run(invocation: Invocation): Promise<ExitCode> {
  const { terminal, format } = invocation;
  const gateway = await connectSignedIn(invocation);
  const listed = await gateway.get('/api/connections', connections);
  if (format === 'json') terminal.json(listed);
  else if (listed.connections.length === 0) terminal.note(`no account is connected; connect yours at ${gateway.url}/connect/TARGET`);
  else {
    const rows = listed.connections.map(({ id, person, target, issuer, connectedAt }) => [id, person, target, issuer, connectedAt]);
    for (const line of alignColumns(rows)) terminal.line(line);
  }
  return EXIT.ok;
}
