import { closestName } from '../core/closest-name.ts';
import type { Target } from '../core/target.ts';
import type { AlertDocument } from './alert-schema.ts';
import { compileGlob, foldCase, matchesGlob } from '../core/glob.ts';
import { ResourcesError, type Problem } from './problem.ts';
import { loadResources, type ResourceOptions, type Resources } from './resources.ts';
import type { PolicyDocument, RuleDocument } from './schema.ts';
import { selectsTarget } from './selector.ts';
import { show } from './shape.ts';
import { argumentFinding, type ToolSchemas } from './tool-arguments.ts';

export interface CheckReport {
  /** Why the set is refused. */
  readonly problems: readonly Problem[];
  /** What is allowed and probably not meant. */
  readonly warnings: readonly Problem[];
}

/** Lint: everything that makes the set unusable, or else everything that looks like a mistake. */
export async function checkResources(path: string, options: ResourceOptions = {}): Promise<CheckReport> {
  try {
    return { problems: [], warnings: lintResources(await loadResources(path, options), options.tools) };
  } catch (error) {
    if (error instanceof ResourcesError) return { problems: error.problems, warnings: [] };
    throw error;
  }
}

/** `tools`: what is known of the targets' tools. A rule that could not be loaded with them is told of, too: they became known later. */
export function lintResources(resources: Resources, tools: ToolSchemas = () => undefined): readonly Problem[] {
  const policies = resources.policies.flatMap((policy) => [...lintPolicy(resources, policy), ...lintArguments(resources, policy, tools)]);
  return [
    ...policies,
    ...resources.targets.flatMap((target) => lintTarget(resources, target)),
    ...resources.alerts.flatMap((alert) => lintAlert(resources, alert)),
  ];
}

function lintArguments(resources: Resources, policy: PolicyDocument, tools: ToolSchemas): readonly Problem[] {
  const targets = resources.targets.filter((target) => selectsTarget(policy, target));
  return policy.rules.flatMap((rule, index) => {
    const finding = argumentFinding(rule, targets, tools);
    return finding ? [{ ...resources.place('Policy', policy.name, ['rules', index, 'when']), message: finding.message, fix: finding.fix }] : [];
  });
}

type Warn = (path: readonly PropertyKey[], message: string, fix: string) => Problem;

function lintPolicy(resources: Resources, policy: PolicyDocument): readonly Problem[] {
  const warn: Warn = (path, message, fix) => ({ ...resources.place('Policy', policy.name, path), message, fix });
  const targets = resources.targets.filter((target) => selectsTarget(policy, target));
  const aimless = targets.length === 0 ? [warn(['targets'], `no target is named by policy ${policy.name}`, aimlessFix(resources, policy))] : [];
  const rules = policy.rules.flatMap((rule, index) => {
    const at = ['rules', index];
    return [
      ...shadowed(resources, targets, rule, warn, at),
      ...hopeless(targets, rule, warn, at),
      ...missingArguments(rule, warn, at),
      ...nameless(targets, rule, warn, at),
    ];
  });
  const masks = policy.masks.flatMap((mask, index) =>
    mask.reveal?.includes('*') ? [warn(['masks', index, 'reveal'], 'everybody sees the original', 'name groups')] : [],
  );
  return [...aimless, ...rules, ...masks];
}

function aimlessFix({ targets }: Resources, { targets: written }: PolicyDocument): string {
  const names = targets.map(({ name }) => name);
  const [meant] = (Array.isArray(written) ? written : []).flatMap((one) => (typeof one === 'string' ? (closestName(one, names) ?? []) : []));
  return meant === undefined ? 'correct the names, or add the target' : `did you mean ${meant}? correct the names, or add the target`;
}

function lintTarget(resources: Resources, target: Target): readonly Problem[] {
  const warn: Warn = (path, message, fix) => ({ ...resources.place('Target', target.name, path), message, fix });
  const named = resources.policies.some((policy) => selectsTarget(policy, target) && policy.rules.some((rule) => rule.allow ?? rule.review));
  const unreachable = named ? [] : [warn(['name'], `nobody may use target ${target.name}: no policy allows anything on it`, 'add a policy')];
  const unowned = target.owners.length > 0 ? [] : [warn(['name'], `target ${target.name} has no owners`, 'add owners: [group:x], who see its sessions')];
  return [...unreachable, ...unowned];
}

function lintAlert(resources: Resources, { name, targets: selectors, rules = [] }: AlertDocument): readonly Problem[] {
  const warn: Warn = (path, message, fix) => ({ ...resources.place('Alert', name, path), message, fix });
  const aimless =
    selectors && !resources.targets.some((target) => selectsTarget({ targets: selectors }, target))
      ? [warn(['targets'], `no target is named by alert ${name}`, 'correct the names, or add the target')]
      : [];
  const known = [...resources.policies.flatMap((policy) => policy.rules.map((rule) => rule.name)), 'default', 'lock', 'target'];
  const unruly = rules.flatMap((glob, index) =>
    known.some((rule) => matchesGlob(compileGlob(glob), rule)) ? [] : [warn(['rules', index], `no rule is called ${show(glob)}`, 'correct the name')],
  );
  return [...aimless, ...unruly];
}

/** A rule all of whose patterns are refused anyway, for all whom it is about, on every target. */
function shadowed(resources: Resources, targets: readonly Target[], rule: RuleDocument, warn: Warn, at: readonly PropertyKey[]): readonly Problem[] {
  const patterns = [...(rule.allow ?? []), ...(rule.review ?? [])];
  if (patterns.length === 0 || targets.length === 0) return [];
  const shadow = targets.map((target) =>
    resources.policies
      .filter((policy) => selectsTarget(policy, target))
      .flatMap((policy) => policy.rules)
      .find((other) => refusesAll(other, rule, patterns)),
  );
  const [first] = shadow;
  if (!first || shadow.includes(undefined)) return [];
  return [warn(at, `the rule ${rule.name} never applies: ${first.name} denies all of it`, 'remove one of them')];
}

function refusesAll(deny: RuleDocument, rule: RuleDocument, patterns: readonly string[]): boolean {
  if (!deny.deny || deny.when !== undefined || !includesSubjects(deny.subjects, rule.subjects)) return false;
  const globs = deny.deny.map((pattern) => compileGlob(foldCase(pattern)));
  // A glob that matches another's text, `*` and all, matches whatever that one matches.
  return patterns.every((pattern) => globs.some((glob) => matchesGlob(glob, foldCase(pattern))));
}

function includesSubjects(all: readonly string[] | undefined, some: readonly string[] | undefined): boolean {
  if (all === undefined || all.includes('*')) return true;
  return some !== undefined && some.every((subject) => all.includes(subject));
}

/** A review that nobody could ever grant: too few persons are named, or only the requester. */
function hopeless(targets: readonly Target[], rule: RuleDocument, warn: Warn, at: readonly PropertyKey[]): readonly Problem[] {
  if (!rule.review) return [];
  const quorum = rule.approval?.quorum ?? 1;
  const lists = rule.approval?.from ? [rule.approval.from] : targets.map((target) => target.owners);
  const only = rule.subjects?.length === 1 ? rule.subjects[0] : undefined;
  const stuck = lists.some((from) => from.every((who) => who.startsWith('person:')) && new Set(from.filter((who) => who !== only)).size < quorum);
  return stuck
    ? [warn(at, `the rule ${rule.name} can never be approved: fewer than ${quorum} persons beside the requester are named`, 'name a group, or more persons')]
    : [];
}

const LISTS = ['tools/list', 'resources/list', 'prompts/list'];

/** `when` on an argument is an error where the argument is missing: an allow then does not match, a deny does. */
function missingArguments(rule: RuleDocument, warn: Warn, at: readonly PropertyKey[]): readonly Problem[] {
  if (rule.when === undefined || !/\bargs\s*[.[]/.test(rule.when) || /\bhas\s*\(/.test(rule.when)) return [];
  const lists = LISTS.filter((list) => (rule.allow ?? []).some((pattern) => matchesGlob(compileGlob(pattern), list)));
  const allow =
    lists.length === 0
      ? []
      : [
          warn(
            [...at, 'when'],
            `${lists.join(', ')} has no arguments, so this when fails there and the rule does not allow it`,
            'allow lists in a rule without when',
          ),
        ];
  const deny = rule.deny?.includes('*')
    ? [warn([...at, 'when'], 'a command without this argument is denied, the handshake too', 'name tools/call * in deny, or ask has(args.x) first')]
    : [];
  return [...allow, ...deny];
}

/** Every method of MCP but these two has a slash. */
const WITHOUT_SLASH = ['initialize', 'ping'];
const TOOL_METHODS = ['tools/call', 'tools/list'];
/** What other glob and regular expression languages take for more than itself. */
const OTHER_WILDCARDS = /[?()[\]{}|^$+]/;

/** A pattern that no command of MCP has: the name of a tool alone, a misspelt method, another language's wildcards. A deny of it denies nothing. */
function nameless(targets: readonly Target[], rule: RuleDocument, warn: Warn, at: readonly PropertyKey[]): readonly Problem[] {
  if (targets.length === 0 || targets.some(({ protocol }) => protocol !== 'mcp')) return [];
  return (['allow', 'review', 'deny'] as const).flatMap((effect) =>
    (rule[effect] ?? []).flatMap((pattern, index) => {
      const fix = nameFor(effect === 'allow' ? pattern : foldCase(pattern));
      return fix === undefined ? [] : [warn([...at, effect, index], `no command has a name such as ${show(pattern)}`, fix)];
    }),
  );
}

function nameFor(pattern: string): string | undefined {
  const [method = '', ...rest] = pattern.split(' ');
  if (method.includes('*')) return undefined;
  if (!method.includes('/') && !WITHOUT_SLASH.includes(method)) return 'write the method first, such as tools/call run_model';
  if (/^tools?\//.test(method) && !TOOL_METHODS.includes(method)) return `write ${TOOL_METHODS.join(' or ')}`;
  if (method === 'tools/call' && rest.length === 0) return 'name the tool, or write tools/call *';
  if (method === 'tools/call' && OTHER_WILDCARDS.test(rest.join(' '))) return '* is the only wildcard, write a pattern for each name';
  return undefined;
}
