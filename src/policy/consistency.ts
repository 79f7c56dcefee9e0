import { didYouMean } from '../core/closest-name.ts';
import type { AlertDocument } from './alert-schema.ts';
import type { Path } from './document.ts';
import { compileGlob, matchesGlob } from '../core/glob.ts';
import type { Problem } from './problem.ts';
import { RISK_WEIGHTS } from './risk.ts';
import type { MaskDocument, PolicyDocument, RuleDocument, TargetDocument } from './schema.ts';
import { show, type Checked } from './shape.ts';
import { selectsTarget } from './selector.ts';
import { argumentFinding, type ToolSchemas } from './tool-arguments.ts';
import { kindsAsked } from './when.ts';

export interface Known {
  readonly detectors?: readonly string[];
  readonly analyzed?: readonly string[];
  readonly protocols?: readonly string[];
  /** Schemas of tools, where they are known. */
  readonly tools?: ToolSchemas;
}

type Report = (path: Path, message: string, fix: string) => void;

/** What a document cannot say by itself: unique names, owners of the targets that a rule is about, names known to others. */
export function setProblems(checked: readonly Checked[], known: Known): readonly Problem[] {
  const problems: Problem[] = [...duplicates(checked)];
  const targets = checked.flatMap(({ value }) => (value.kind === 'Target' ? [value] : []));
  for (const { document, value } of checked) {
    const report: Report = (path, message, fix) => problems.push({ ...document.place(path), message, fix });
    if (value.kind === 'Target') checkTarget(value, known, report);
    else if (value.kind === 'Alert') checkAlert(value, checked, known, report);
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
  if (known.protocols && !known.protocols.includes(target.protocol))
    report(['protocol'], `unknown protocol ${target.protocol}`, `${didYouMean(target.protocol, known.protocols)}write ${known.protocols.join(' or ')}`);
}

/** A detector that nothing has would be an alert that never comes; places and kinds of one's own count as well. */
function checkAlert({ detectors = [] }: AlertDocument, checked: readonly Checked[], known: Known, report: Report): void {
  if (!known.detectors) return;
  const masks = checked.flatMap(({ value }) => (value.kind === 'Policy' ? value.masks : []));
  const own = masks.flatMap((mask) => [
    ...(mask.fields ?? []),
    ...(mask.columns ?? []),
    ...(mask.headers ?? []),
    mask.pattern?.name ?? '',
    mask.words?.name ?? '',
  ]);
  const names = [...known.detectors, ...own].filter((name) => name !== '');
  detectors.forEach((glob, index) => {
    if (!names.some((name) => matchesGlob(compileGlob(glob), name)))
      report(['detectors', index], `nothing masks ${show(glob)}`, `one of ${known.detectors?.join(', ')}`);
  });
}

function checkPolicy(policy: PolicyDocument, targets: readonly TargetDocument[], known: Known, report: Report): void {
  const names = new Set<string>();
  const mine = targets.filter((target) => selectsTarget(policy, target));
  policy.rules.forEach((rule, index) => {
    const path = ['rules', index];
    if (names.has(rule.name)) report([...path, 'name'], `a second rule called ${show(rule.name)}`, 'rename one of them');
    names.add(rule.name);
    checkRule(rule, mine, path, report);
    if (known.tools) checkTools(rule, { targets: mine, tools: known.tools }, [...path, 'when'], report);
  });
  const own = policy.masks.flatMap((mask) => [mask.pattern?.name, mask.words?.name].filter((name) => name !== undefined));
  policy.rules.forEach((rule, index) =>
    checkDetected(
      rule,
      [...(known.detectors ?? []), ...own].filter((kind) => !known.analyzed?.includes(kind)),
      known,
      ['rules', index, 'when'],
      report,
    ),
  );
  const kinds = new Set(known.detectors ?? []);
  policy.masks.forEach((mask, index) => {
    const path = ['masks', index];
    checkMask(mask, known, path, report);
    checkPlaces(mask, mine, path, report);
    checkKinds(mask, kinds, path, report);
  });
  for (const weight of Object.keys(policy.risk?.weights ?? {})) {
    if (!Object.hasOwn(RISK_WEIGHTS, weight))
      report(['risk', 'weights', weight], `unknown risk factor ${show(weight)}`, oneOf(weight, Object.keys(RISK_WEIGHTS)));
  }
}

function checkRule(rule: RuleDocument, targets: readonly TargetDocument[], path: Path, report: Report): void {
  const orphan = rule.review && !rule.approval?.from ? targets.find((target) => target.owners.length === 0) : undefined;
  if (orphan)
    report(
      path,
      `nobody could approve: the rule ${show(rule.name)} names nobody and target ${orphan.name} has no owners`,
      'add approval: { from: [group:x] }, or owners to the target',
    );
}

/** A condition that no tool of the rule could be asked: it would never allow, or always refuse. */
function checkTools(
  rule: RuleDocument,
  { targets, tools }: { readonly targets: readonly TargetDocument[]; readonly tools: ToolSchemas },
  path: Path,
  report: Report,
): void {
  const finding = argumentFinding(rule, targets, tools);
  if (finding?.holds === 'never') report(path, finding.message, finding.fix);
}

function checkMask(mask: MaskDocument, known: Known, path: Path, report: Report): void {
  mask.detect?.forEach((name, index) => {
    if (known.detectors && !known.detectors.includes(name)) report([...path, 'detect', index], `unknown detector ${show(name)}`, oneOf(name, known.detectors));
  });
}

/** A place that no selected target has would be a mask that never masks. */
function checkPlaces(mask: MaskDocument, targets: readonly TargetDocument[], path: Path, report: Report): void {
  if (targets.length === 0 || !targets.every((target) => target.protocol === 'mcp')) return;
  if (mask.columns)
    report([...path, 'columns'], 'columns are of databases, and every target of this policy is MCP', 'name places in JSON with fields: [$..ssn]');
  if (mask.headers) report([...path, 'headers'], 'no header of an MCP server reaches a caller', 'remove headers');
}

function checkDetected(rule: RuleDocument, kinds: readonly string[], known: Known, path: Path, report: Report): void {
  if (!known.detectors || rule.when === undefined) return;
  for (const kind of kindsAsked([rule.when]).filter((one) => !kinds.includes(one))) report(path, `nothing detects ${show(kind)}`, oneOf(kind, kinds));
}

const oneOf = (written: string, known: readonly string[]): string => `${didYouMean(written, known)}one of ${known.join(', ')}`;

/** Placeholders and the record say a kind by its name only: two may not share one. */
function checkKinds(mask: MaskDocument, kinds: Set<string>, path: Path, report: Report): void {
  for (const member of ['pattern', 'words'] as const) {
    const name = mask[member]?.name;
    if (name === undefined) continue;
    if (kinds.has(name)) report([...path, member, 'name'], `a second kind of value called ${show(name)}`, 'choose another name');
    kinds.add(name);
  }
}
