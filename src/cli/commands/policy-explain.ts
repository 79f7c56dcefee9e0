import { makeCommand } from '../../core/command.ts';
import { SallyportError } from '../../core/error.ts';
import { parseJson, type JsonValue } from '../../core/json.ts';
import type { Subject, SubjectKind } from '../../core/subject.ts';
import { RESOURCE_OPTIONS } from '../../gateway/policy.ts';
import { explain, type Explanation } from '../../policy/explain.ts';
import { loadResources } from '../../policy/resources.ts';
import { compilePolicy } from '../../policy/snapshot.ts';
import { alignColumns } from '../columns.ts';
import type { Invocation } from '../command.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { resourcePath } from '../resource-path.ts';

export async function run(invocation: Invocation): Promise<ExitCode> {
  const { terminal, format, options } = invocation;
  const subject = readSubject(need(options, 'subject'), options['groups'] ?? '');
  const name = need(options, 'command');
  const targetName = need(options, 'target');
  const args = readArguments(options['args'] ?? '{}');
  const snapshot = compilePolicy(await loadResources(await resourcePath(invocation), RESOURCE_OPTIONS));
  const target = snapshot.target(targetName);
  if (!target)
    throw new SallyportError('not_found', `there is no target ${targetName}`, { hint: `there are: ${snapshot.targets.map((one) => one.name).join(', ')}` });
  const command = makeCommand({ protocol: target.protocol, name, naming: 'plain', arguments: args });
  const explanation = explain(snapshot, { subject, target: targetName, command });
  if (format === 'json') terminal.json(decisionOf(explanation));
  else for (const line of explanationLines(explanation)) terminal.line(line);
  return EXIT.ok;
}

/** What the gateway's API answers to the same question. */
function decisionOf({ effect, rule, reason, risk, masks, policyVersion }: Explanation) {
  return { effect, rule, reason, risk, masks, policyVersion };
}

function need(options: Invocation['options'], name: string): string {
  const value = options[name];
  if (value === undefined) throw new SallyportError('usage', `--${name} is missing`, { hint: 'sallyport policy explain --help' });
  return value;
}

function readSubject(text: string, groups: string): Subject {
  const [, kind, name = ''] = /^(person|workload|ai-agent):([^:\s][^:]*)$/.exec(text) ?? [];
  if (kind === undefined) throw new SallyportError('usage', `--subject ${text} is no subject`, { hint: 'person:NAME, workload:NAME or ai-agent:NAME' });
  const list = groups.split(',').map((group) => group.trim());
  // The pattern lets only the three kinds through.
  return { kind: kind as SubjectKind, id: name, name, groups: list.filter((group) => group !== ''), issuer: 'supposed' };
}

function readArguments(text: string): JsonValue {
  try {
    return parseJson(text);
  } catch (cause) {
    throw new SallyportError('usage', `--args is not JSON: ${cause instanceof Error ? cause.message : ''}`, { cause, hint: `such as '{"rows":10}'` });
  }
}

function explanationLines({ effect, rule, reason, risk, masks, policyVersion, considered }: Explanation): readonly string[] {
  const rows = [
    ['effect', effect],
    ['rule', rule],
    ['reason', reason],
    ['risk', [String(risk.score), ...risk.factors.map(({ name, points }) => `${name} +${points}`)].join('  ')],
    ...masks.map(({ fields, detect, operator }) => ['mask', `${operator}: ${[...fields, ...detect].join(', ')}`]),
    ['policy', policyVersion],
  ];
  const rules = considered.map(({ policy, rule: name, subject, matched, why }) => [matched ? '  yes' : '  no', `${policy}/${name}`, subject, why]);
  return [...alignColumns(rows), '', 'rules', ...alignColumns(rules)];
}
