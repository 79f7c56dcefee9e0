import { addressProblem } from './address.ts';
import type { Path } from './document.ts';
import type { Problem } from './problem.ts';
import { RISK_WEIGHTS } from './risk.ts';
import type { MaskDocument, PolicyDocument, RuleDocument, TargetDocument } from './schema.ts';
import { show, type Checked } from './shape.ts';
import { selectsTarget } from './selector.ts';
import { checkWhen } from './when.ts';

export interface Known {
  readonly detectors?: readonly string[];
  readonly protocols?: readonly string[];
}

type Report = (path: Path, message: string, fix: string) => void;

/** What a shape cannot say: members that exclude each other, names that must be unique, expressions that must compile. */
export function setProblems(checked: readonly Checked[], known: Known): readonly Problem[] {
  const problems: Problem[] = [...duplicates(checked)];
  const targets = checked.flatMap(({ value }) => (value.kind === 'Target' ? [value] : []));
  for (const { document, value } of checked) {
    const report: Report = (path, message, fix) => problems.push({ ...document.place(path), message, fix });
    if (value.kind === 'Target') checkTarget(value, known, report);
    else checkPolicy(value, targets, known, report);
  }
  return problems;
}

function duplicates(checked: readonly Checked[]): Problem[] {
  const seen = new Map<string, Checked>();
  return checked.flatMap((one) => {
    const { document, value } = one;
    // Two names that differ in case only would be one target in the eyes of a person.
    const key = `${value.kind}/${value.name.toLowerCase()}`;
    const first = seen.get(key);
    if (!first) {
      seen.set(key, one);
      return [];
    }
    const { file, line } = first.document.place(['name']);
    return [{ ...document.place(['name']), message: `a second ${value.kind} called ${value.name}`, fix: `rename one: the first is at ${file}:${line}` }];
  });
}

function checkTarget(target: TargetDocument, known: Known, report: Report): void {
  const { address, command, credential } = target;
  if ((address === undefined) === (command === undefined)) report(['name'], 'a target has either an address or a command', 'keep one of them');
  const wrong = address === undefined ? undefined : addressProblem(address);
  if (wrong) report(['address'], wrong.message, wrong.fix);
  if (address !== undefined && credential?.env) report(['credential'], 'env credentials are for stdio servers', 'use bearer, header or basic');
  if (command !== undefined && credential && !credential.env) report(['credential'], 'a stdio server takes its credential from its environment', 'use env: { NAME: { env: NAME } }');
  if (known.protocols && !known.protocols.includes(target.protocol)) report(['protocol'], `unknown protocol ${target.protocol}`, `write ${known.protocols.join(' or ')}`);
}

function checkPolicy(policy: PolicyDocument, targets: readonly TargetDocument[], known: Known, report: Report): void {
  const names = new Set<string>();
  const mine = targets.filter((target) => selectsTarget(policy, target));
  policy.rules.forEach((rule, index) => {
    const path = ['rules', index];
    if (names.has(rule.name)) report([...path, 'name'], `a second rule called ${show(rule.name)}`, 'rename one of them');
    names.add(rule.name);
    checkRule(rule, mine, path, report);
  });
  policy.masks.forEach((mask, index) => checkMask(mask, known, ['masks', index], report));
  for (const weight of Object.keys(policy.risk?.weights ?? {})) {
    if (!Object.hasOwn(RISK_WEIGHTS, weight)) report(['risk', 'weights', weight], `unknown risk factor ${show(weight)}`, `one of ${Object.keys(RISK_WEIGHTS).join(', ')}`);
  }
}

function checkRule(rule: RuleDocument, targets: readonly TargetDocument[], path: Path, report: Report): void {
  if (!rule.allow && !rule.review && !rule.deny) report(path, `the rule ${show(rule.name)} has no effect`, 'add allow, review or deny');
  if (rule.approval && !rule.review) report([...path, 'approval'], 'approval without review', 'add review, or remove approval');
  const orphan = rule.review && !rule.approval?.from ? targets.find((target) => target.owners.length === 0) : undefined;
  if (orphan) report(path, `nobody could approve: the rule ${show(rule.name)} names nobody and target ${orphan.name} has no owners`, 'add approval: { from: [group:x] }, or owners to the target');
  const wrong = rule.when === undefined ? undefined : checkWhen(rule.when);
  if (wrong) report([...path, 'when'], `when: ${wrong.message}`, wrong.fix);
}

function checkMask(mask: MaskDocument, known: Known, path: Path, report: Report): void {
  if (!mask.fields && !mask.detect) report(path, 'a mask without fields and detect masks nothing', 'add fields or detect');
  mask.detect?.forEach((name, index) => {
    if (known.detectors && !known.detectors.includes(name)) report([...path, 'detect', index], `unknown detector ${show(name)}`, `one of ${known.detectors.join(', ')}`);
  });
}
