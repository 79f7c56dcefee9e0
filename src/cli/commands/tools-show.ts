import { alignColumns } from '../columns.ts';
import type { Invocation } from '../command.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { readTool } from '../target-tools.ts';
import type { ToolView } from '../views.ts';

export async function run(invocation: Invocation): Promise<ExitCode> {
  const { terminal, format } = invocation;
  const tool = await readTool(invocation);
  if (format === 'json') terminal.json(tool);
  else for (const line of toolLines(tool)) terminal.line(line);
  return EXIT.ok;
}

function toolLines({ name, status, hash, seenAt, decided, findings, differences, definition }: ToolView): readonly string[] {
  const rows = [
    ['tool', name],
    ['status', decided ? `${status} by ${decided.by}, ${decided.at}` : status],
    ['hash', hash],
    ['seen', seenAt],
    ...findings.map(({ kind, path, what }) => ['found', `${kind} in ${path}: ${what}`]),
  ];
  const changes = differences.flatMap(({ path, before, after }) => [
    path,
    ...(before === undefined ? [] : [`  - ${JSON.stringify(before)}`]),
    ...(after === undefined ? [] : [`  + ${JSON.stringify(after)}`]),
  ]);
  const rest = changes.length > 0 ? ['', 'differs from what was pinned', ...changes] : ['', ...JSON.stringify(definition, null, 2).split('\n')];
  return [...alignColumns(rows), ...rest];
}
