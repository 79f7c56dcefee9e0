import { presentDecision } from '../../api/policy/presenter.ts';
import type { MaskRule } from '../../core/decision.ts';
import { SallyportError } from '../../core/error.ts';
import { HISTORY_FACTORS, type HistoryFactor } from '../../core/history.ts';
import { parseJson, type JsonValue } from '../../core/json.ts';
import type { Subject } from '../../core/subject.ts';
import { RESOURCE_OPTIONS } from '../../gateway/policy.ts';
import { explain, type Explanation } from '../../policy/explain.ts';
import { loadResources } from '../../policy/resources.ts';
import { compilePolicy } from '../../policy/snapshot.ts';
import { supposedSubject } from '../../policy/supposed.ts';
import { suppose } from '../../protocols/registry.ts';
import { alignColumns } from '../columns.ts';
import type { Invocation } from '../command.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { requireTarget } from '../require-target.ts';
import { resourcePath } from '../resource-path.ts';

export async function run(invocation: Invocation): Promise<ExitCode> {
  const { terminal, format, options, flags } = invocation;
  const subject = askedSubject(options);
  const name = need(options, 'command');
  const targetName = need(options, 'target');
  const args = readArguments(options['args'] ?? '{}');
  const snapshot = compilePolicy(await loadResources(await resourcePath(invocation), RESOURCE_OPTIONS));
  const { target } = requireTarget(snapshot, targetName);
  const command = suppose({ protocol: target.protocol, name, args });
  const explanation = explain(snapshot, { subject, target: targetName, command, history: readHistory(options['history'] ?? '') });
  if (format === 'json') terminal.json({ ...presentDecision(explanation), ...(flags.has('rules') ? { considered: explanation.considered } : {}) });
  else for (const line of explanationLines(explanation)) terminal.line(line);
  return EXIT.ok;
}

function need(options: Invocation['options'], name: string): string {
  const value = options[name];
  if (value === undefined) throw new SallyportError('usage', `--${name} is missing`, { hint: 'sallyport policy explain --help' });
  return value;
}

/** `--as` is another word for `--subject`; `--for` is the person behind an AI agent. */
function askedSubject(options: Invocation['options']): Subject {
  const word = options['as'] === undefined ? 'subject' : 'as';
  if (word === 'as' && options['subject'] !== undefined) throw new SallyportError('usage', '--as and --subject say the same: write one of them');
  const behind = options['for'];
  if (behind === undefined && options['for-groups'] !== undefined)
    throw new SallyportError('usage', '--for-groups needs --for', { hint: 'sallyport policy explain --help' });
  const person = behind === undefined ? undefined : readSubject('for', behind, readGroups('for-groups', options['for-groups']));
  if (person && person.kind !== 'person') throw new SallyportError('usage', `--for ${behind} is no person`, { hint: 'write person:NAME' });
  const subject = readSubject(word, need(options, word), readGroups('groups', options['groups']), person);
  if (person && subject.kind !== 'ai-agent')
    throw new SallyportError('usage', `only an AI agent acts for a person, and --${word} is none`, { hint: 'write ai-agent:NAME' });
  return subject;
}

function readSubject(option: string, text: string, groups: readonly string[], behind?: Subject): Subject {
  const subject = text.includes(':') ? supposedSubject(text, groups, behind) : undefined;
  if (!subject) throw new SallyportError('usage', `--${option} ${text} is no subject`, { hint: 'person:NAME, workload:NAME or ai-agent:NAME' });
  return subject;
}

function readGroups(option: string, text = ''): readonly string[] {
  const list = text.split(',').map((group) => group.trim());
  const written = list.find((group) => group.startsWith('group:'));
  if (written) throw new SallyportError('usage', `--${option} names groups without group:`, { hint: `--${option} ${written.slice('group:'.length)}` });
  return list.filter((group) => group !== '');
}

function readHistory(text: string): readonly HistoryFactor[] {
  const words = text.split(',').flatMap((word) => word.trim() || []);
  const unknown = words.find((word) => !HISTORY_FACTORS.some((factor) => factor === word));
  if (unknown !== undefined) throw new SallyportError('usage', `--history ${unknown} is none`, { hint: HISTORY_FACTORS.join(', ') });
  return HISTORY_FACTORS.filter((factor) => words.includes(factor));
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
    ...masks.map((mask) => ['mask', `${mask.operator}: ${maskedBy(mask).join(', ')}`]),
    ['policy', policyVersion],
  ];
  const rules = considered.map(({ policy, rule: name, subject, matched, why }) => [matched ? '  yes' : '  no', `${policy}/${name}`, subject, why]);
  return [...alignColumns(rows), '', 'rules', ...alignColumns(rules)];
}

function maskedBy({ fields, detect, pattern, words, columns = [], headers = [] }: MaskRule): readonly string[] {
  return [...fields, ...columns, ...headers, ...detect, ...(pattern ? [pattern.name] : []), ...(words ? [words.name] : [])];
}
