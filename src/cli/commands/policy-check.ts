import { RESOURCE_OPTIONS } from '../../gateway/policy.ts';
import { checkResources } from '../../policy/check.ts';
import { formatProblem } from '../../policy/problem.ts';
import type { Invocation } from '../command.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { resourcePath } from '../resource-path.ts';
import { readToolLists } from '../tool-lists.ts';

export async function run(invocation: Invocation): Promise<ExitCode> {
  const { terminal, format, options } = invocation;
  const lists = options['tools'];
  const known = lists === undefined ? RESOURCE_OPTIONS : { ...RESOURCE_OPTIONS, tools: await readToolLists(lists) };
  const { problems, warnings } = await checkResources(await resourcePath(invocation), known);
  const sound = problems.length === 0;
  if (format === 'json') terminal.json({ ok: sound, problems, warnings });
  else {
    for (const problem of problems) terminal.line(`error ${formatProblem(problem)}`);
    for (const warning of warnings) terminal.line(`warning ${formatProblem(warning)}`);
    terminal.line(
      sound ? `the resources are sound, ${warnings.length} ${warnings.length === 1 ? 'warning' : 'warnings'}` : 'a gateway would refuse these resources',
    );
  }
  return sound ? EXIT.ok : EXIT.refused;
}
