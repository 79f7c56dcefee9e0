import { alignColumns } from '../columns.ts';
import type { Invocation } from '../command.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { connectSignedIn } from '../gateway-client.ts';
import { me, targets } from '../views.ts';

export async function run(invocation: Invocation): Promise<ExitCode> {
  const { terminal, format } = invocation;
  const gateway = await connectSignedIn(invocation);
  const { subject, reads } = await gateway.get('/api/me', me);
  const reachable = (await gateway.get('/api/targets', targets)).targets;
  if (format === 'json') {
    terminal.json({ url: gateway.url, subject, reads, targets: reachable });
    return EXIT.ok;
  }
  const rows = [
    ['name', subject.name],
    ['kind', subject.kind],
    ['groups', subject.groups.join(', ') || '(none)'],
    ['gateway', gateway.url],
    ...(reads === 'all' ? [['record', 'may read all of it']] : []),
    ...reachable.map(({ name, protocol, url }) => ['target', `${name} (${protocol}) ${protocol === 'mcp' ? url : `sallyport connect ${name}`}`]),
  ];
  for (const line of alignColumns(rows)) terminal.line(line);
  return EXIT.ok;
}
