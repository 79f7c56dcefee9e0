import type { Command } from '../core/command.ts';
import type { CompiledRule, CompiledTarget } from './ruleset.ts';
import type { SubjectMatcher } from './subjects.ts';

/** How far whoever a selector names gets with a command, as far as the rules say it without knowing more of them. */
export interface WhoCan {
  /** `group:x`, `person:x`, `workload:x`, `ai-agent:x` or `*`. */
  readonly who: string;
  readonly effect: 'allow' | 'review' | 'deny';
  readonly rules: readonly string[];
  /** Expressions that must hold for this effect; one for each rule of which one suffices. Empty: always. */
  readonly when: readonly string[];
  /** Expressions under which a rule denies it after all. */
  readonly unless: readonly string[];
  /** Expressions under which it is held for review after all. */
  readonly reviewWhen: readonly string[];
  /** Whose approval it takes, where it takes one. */
  readonly approvers: readonly string[];
}

/**
 * Who may give this command to this target, selector by selector: every one that a rule about the command names. Somebody
 * in two groups is bound by the stricter rules of both.
 */
export function whoCan(target: CompiledTarget, command: Command): readonly WhoCan[] {
  const rules = rulesAbout(target, command);
  const selectors = [...new Set(rules.flatMap((rule) => selectorsOf(rule.subjects)))].toSorted();
  return selectors.map((who) => standingOf(who, target, command)).filter((one) => one.effect !== 'deny' || one.rules.length > 0);
}

function rulesAbout(target: CompiledTarget, command: Command): readonly CompiledRule[] {
  const opens = command.naming === 'handshake' ? target.rules.filter((rule) => rule.permits) : [];
  return [...opens, ...target.denies(command), ...target.reviews(command), ...command.effects.flatMap((effect) => target.allows(command, effect))];
}

function selectorsOf({ everybody, groups, named }: SubjectMatcher): readonly string[] {
  return everybody ? ['*'] : [...[...groups].map((group) => `group:${group}`), ...named];
}

function standingOf(who: string, target: CompiledTarget, command: Command): WhoCan {
  const about = (rule: CompiledRule): boolean => includes(rule.subjects, who);
  const denies = target.denies(command).filter(about);
  const refused = denies.filter((rule) => rule.condition === undefined);
  if (refused.length > 0) return { ...NOTHING, who, effect: 'deny', rules: names(refused) };
  const unless = conditions(denies);
  if (command.naming === 'handshake')
    return handshake(
      who,
      target.rules.filter((rule) => rule.permits && about(rule)),
      unless,
    );

  const reviews = target.reviews(command).filter(about);
  const covers = command.effects.map((effect) => target.allows(command, effect).filter(about));
  const reviewable = command.effects.map((effect) => target.reviewable(command, effect).filter(about));
  if (command.effects.length === 0 || covers.some((rules, at) => rules.length === 0 && reviewable[at]?.length === 0)) return { ...NOTHING, who };
  const held = reviews.filter((rule) => rule.condition === undefined);
  const onlyReviewed = covers.some((rules) => rules.length === 0);
  const approvers = [...new Set(reviews.flatMap((rule) => rule.requirement?.from ?? []))];
  if (held.length > 0 || onlyReviewed) {
    return { who, effect: 'review', rules: names(reviews), when: held.length > 0 ? [] : conditions(reviews), unless, reviewWhen: [], approvers };
  }
  return { who, effect: 'allow', rules: names(covers.flat()), when: neededBy(covers), unless, reviewWhen: conditions(reviews), approvers };
}

const NOTHING: WhoCan = { who: '', effect: 'deny', rules: [], when: [], unless: [], reviewWhen: [], approvers: [] };

function handshake(who: string, rules: readonly CompiledRule[], unless: readonly string[]): WhoCan {
  return rules.length === 0 ? { ...NOTHING, who } : { ...NOTHING, who, effect: 'allow', rules: names(rules), unless };
}

/** What one of the rules needs, where none of them needs nothing. */
function neededBy(covers: readonly (readonly CompiledRule[])[]): readonly string[] {
  return [...new Set(covers.flatMap((rules) => (rules.some((rule) => rule.condition === undefined) ? [] : conditions(rules))))];
}

/** `*` is about everybody; what is about a group is not known to be about `*`. */
function includes(subjects: SubjectMatcher, who: string): boolean {
  if (subjects.everybody) return true;
  return who.startsWith('group:') ? subjects.groups.has(who.slice('group:'.length)) : subjects.named.has(who);
}

const conditions = (rules: readonly CompiledRule[]): readonly string[] => [
  ...new Set(rules.flatMap((rule) => (rule.condition === undefined ? [] : [rule.condition]))),
];
const names = (rules: readonly CompiledRule[]): readonly string[] => [...new Set(rules.map(({ name }) => name))];
