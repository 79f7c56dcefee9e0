import { alignColumns } from '../columns.ts';
import type { Invocation } from '../command.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { readTools } from '../target-tools.ts';

export async function run(invocation: Invocation): Promise<ExitCode> {
  const { terminal, flags, format } = invocation;
  const { target, tools } = await readTools(invocation);
  const shown = flags.has('all') ? tools : tools.filter(({ status }) => status !== 'accepted');
  if (format === 'json') terminal.json({ target, tools: shown });
  else if (shown.length === 0) terminal.note(tools.length === 0 ? 'no list of this target was seen yet' : `all ${tools.length} tools are pinned as they are`);
  const rows = shown.map(({ name, status, findings, differences }) => [
    name,
    status,
    differences.length === 0 ? '' : `changed: ${differences.map(({ path }) => path).join(', ')}`,
    [...new Set(findings.map(({ kind }) => kind))].join(', '),
  ]);
  if (format === 'text') for (const line of alignColumns(rows)) terminal.line(line);
  return EXIT.ok;
}
