import { resolve } from 'node:path';
import { SallyportError } from '../../core/error.ts';
import { RESOURCE_OPTIONS } from '../../gateway/policy.ts';
import { parsePolicyTests } from '../../policy/policy-test-file.ts';
import { runPolicyTests, type CaseOutcome } from '../../policy/policy-test.ts';
import { readTestTexts } from '../../policy/resource-files.ts';
import { loadResources } from '../../policy/resources.ts';
import { compilePolicy } from '../../policy/snapshot.ts';
import { suppose } from '../../protocols/registry.ts';
import type { Invocation } from '../command.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { resourcePath } from '../resource-path.ts';

export async function run(invocation: Invocation): Promise<ExitCode> {
  const { terminal, format } = invocation;
  const path = await resourcePath(invocation);
  const snapshot = compilePolicy(await loadResources(path, RESOURCE_OPTIONS));
  const tests = parsePolicyTests(await readTestTexts(resolve(invocation.arguments[0] ?? path)));
  if (tests.length === 0)
    throw new SallyportError('not_found', 'there is no test', { hint: 'write NAME.test.yaml beside the resources: docs/policy.md, Tests' });
  const report = runPolicyTests(snapshot, tests, suppose);
  if (format === 'json') terminal.json(report);
  else {
    for (const line of report.cases.flatMap(caseLines)) terminal.line(line);
    terminal.line(`${report.passed} passed, ${report.failed} failed`);
  }
  return report.failed === 0 ? EXIT.ok : EXIT.refused;
}

function caseLines({ name, place, passed, wrong }: CaseOutcome): readonly string[] {
  return passed ? [`ok      ${name}`] : [`FAILED  ${name} (${place})`, ...wrong.map((one) => `          ${one}`)];
}
