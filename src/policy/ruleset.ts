import type { Command } from '../core/command.ts';
import type { ApprovalRequirement, MaskPattern, MaskRule } from '../core/decision.ts';
import type { Quota } from '../core/quota.ts';
import type { Subject } from '../core/subject.ts';
import type { Target } from '../core/target.ts';
import { readDuration } from './duration.ts';
import { foldCase, isUnknown } from '../core/glob.ts';
import { makePatternIndex, type PatternIndex } from './pattern-index.ts';
import type { DetectKinds } from './resources.ts';
import { quotaOf } from './quota.ts';
import { RISK_WEIGHTS, type RiskWeights } from './risk.ts';
import type { MaskDocument, PolicyDocument, RuleDocument } from './schema.ts';
import { remembered } from './remembered.ts';
import { selectsTarget } from './selector.ts';
import { compileSubjects, matchesSubject, type SubjectMatcher } from './subjects.ts';
import { compileWhen, kindsAsked, type When } from './when.ts';
import type { WhenQuestion } from './when-variables.ts';

export interface CompiledRule {
  readonly policy: string;
  readonly name: string;
  readonly subjects: SubjectMatcher;
  readonly when: When | undefined;
  /** The source of `when`. */
  readonly condition: string | undefined;
  readonly message: string | undefined;
  /** Whether it allows or reviews anything. */
  readonly permits: boolean;
  readonly requirement: ApprovalRequirement | undefined;
  readonly quota: Quota | undefined;
}

/** All rules and masks about one target, found by the command's name. */
export interface CompiledTarget {
  readonly target: Target;
  readonly weights: RiskWeights;
  /** What it was made of, as written. */
  readonly policies: readonly PolicyDocument[];
  readonly rules: readonly CompiledRule[];
  /** Whether any rule has limits. */
  readonly limited: boolean;
  /** Rules whose deny names the command or any of its effects. What restricts names everything with `*`. */
  denies(command: Command): readonly CompiledRule[];
  /** Rules whose review names the command or any of its effects. */
  reviews(command: Command): readonly CompiledRule[];
  /** Rules whose allow names the effect. */
  allows(command: Command, effect: string): readonly CompiledRule[];
  /** Rules whose review names the effect as allow would: it may happen once people agreed. */
  reviewable(command: Command, effect: string): readonly CompiledRule[];
  masksFor(subjects: readonly Subject[]): readonly MaskRule[];
  /** Kinds of values in the arguments, of those that some `when` asks for; absent where nobody can tell. */
  readonly detected?: (command: Command) => ReadonlySet<string>;
}

export function compileTarget(target: Target, policies: readonly PolicyDocument[], detect?: DetectKinds): CompiledTarget {
  const mine = policies.filter((policy) => selectsTarget(policy, target)).toSorted(byName);
  const sources = mine.flatMap((policy) => policy.rules.toSorted(byName).map((document) => ({ document, rule: compileRule(policy, document, target) })));
  const allow = makePatternIndex(sources.flatMap(({ document, rule }) => (document.allow ?? []).map((pattern) => ({ pattern, rule }))));
  const review = makePatternIndex(sources.flatMap(({ document, rule }) => (document.review ?? []).map((pattern) => ({ pattern: foldCase(pattern), rule }))));
  const deny = makePatternIndex(sources.flatMap(({ document, rule }) => (document.deny ?? []).map((pattern) => ({ pattern: foldCase(pattern), rule }))));
  const detected = detect && makeDetected(mine, detect);
  return {
    target,
    ...(detected ? { detected } : {}),
    weights: mergeWeights(mine.flatMap((policy) => (policy.risk ? [policy.risk.weights] : []))),
    policies: mine,
    rules: sources.map(({ rule }) => rule),
    limited: sources.some(({ rule }) => rule.quota !== undefined),
    denies: restrictions(deny),
    reviews: restrictions(review),
    allows: named(allow, (effect) => effect),
    reviewable: named(review, foldCase),
    masksFor: makeMasks(mine.flatMap((policy) => policy.masks)),
  };
}

function restrictions(index: PatternIndex<CompiledRule>): (command: Command) => readonly CompiledRule[] {
  const find = remembered((text) => index.find(foldCase(text), 'any'));
  return ({ name, effects, details }) => {
    if (!details && effects.length === 1 && effects[0] === name) return find(name);
    return [...new Set([name, ...effects, ...(details ?? [])].flatMap(find))];
  };
}

/** Where two policies weigh the same factor, the heavier weight counts. */
function mergeWeights(written: readonly Readonly<Record<string, number>>[]): RiskWeights {
  const weigh = (name: string, ordinary: number): number => {
    const points = written.flatMap((weights) => (Object.hasOwn(weights, name) ? [weights[name] ?? ordinary] : []));
    return points.length === 0 ? ordinary : Math.max(...points);
  };
  const entries = Object.entries(RISK_WEIGHTS).map(([name, ordinary]) => [name, weigh(name, ordinary)] as const);
  // The same names as in RISK_WEIGHTS.
  return Object.fromEntries(entries) as RiskWeights;
}

/** `*` never names what nobody understood: there a pattern has to spell the first word. */
function named(index: PatternIndex<CompiledRule>, spelt: (effect: string) => string): (command: Command, effect: string) => readonly CompiledRule[] {
  const find = remembered((effect) => index.find(spelt(effect), isUnknown(effect) ? 'literal' : 'any'));
  return ({ naming }, effect) => (naming === 'literal' ? index.find(spelt(effect), 'literal') : find(effect));
}

function compileRule(policy: PolicyDocument, rule: RuleDocument, target: Target): CompiledRule {
  return {
    policy: policy.name,
    name: rule.name,
    subjects: compileSubjects(rule.subjects),
    when: rule.when === undefined ? undefined : compileWhen(rule.when),
    condition: rule.when,
    message: rule.message,
    permits: rule.allow !== undefined || rule.review !== undefined,
    requirement: rule.review === undefined ? undefined : requirementOf(rule, target),
    quota: rule.limits && quotaOf(rule.name, `${policy.name}/${rule.name}`, rule.limits),
  };
}

/** Whose yes a review rule takes. */
export function requirementOf(rule: RuleDocument, target: Target): ApprovalRequirement {
  const { from = target.owners, quorum = 1, pending = '30m', usable = '15m', reason = 'optional' } = rule.approval ?? {};
  return { rule: rule.name, from, quorum, pendingMs: readDuration(pending) ?? 0, usableMs: readDuration(usable) ?? 0, reason };
}

/** Masks for a subject; each combination is made once. */
function makeMasks(documents: readonly MaskDocument[]): (subjects: readonly Subject[]) => readonly MaskRule[] {
  const masks = documents.map((mask) => ({
    rule: maskRule(mask),
    reveal: mask.reveal ? compileSubjects(mask.reveal) : undefined,
  }));
  const made = new Map<string, readonly MaskRule[]>();
  const all = Object.freeze(masks.map(({ rule }) => rule));
  if (masks.every(({ reveal }) => !reveal)) return () => all;
  return (subjects) => {
    const key = masks.map(({ reveal }) => (reveal && subjects.length > 0 && subjects.every((subject) => matchesSubject(reveal, subject)) ? '0' : '1')).join('');
    const known = made.get(key);
    if (known) return known;
    const rules = Object.freeze(masks.filter((_, index) => key[index] === '1').map(({ rule }) => rule));
    if (made.size < 1000) made.set(key, rules);
    return rules;
  };
}

/** What `when` is told of the values in a command. */
export function detectedIn({ detected }: CompiledTarget, command: Command): Pick<WhenQuestion, 'detected'> {
  return detected ? { detected: () => detected(command) } : {};
}

/** Each command is searched once, however often it is decided. */
function makeDetected(policies: readonly PolicyDocument[], detect: DetectKinds): (command: Command) => ReadonlySet<string> {
  const kinds = kindsAsked(policies.flatMap((policy) => policy.rules.flatMap((rule) => rule.when ?? [])));
  const search = detect(
    kinds,
    policies.flatMap((policy) => policy.masks.map(maskRule)),
  );
  const known = new WeakMap<Command, ReadonlySet<string>>();
  return (command) => {
    const before = known.get(command);
    if (before) return before;
    const found = search(command.input === undefined ? command.arguments : [command.arguments, command.input]);
    known.set(command, found);
    return found;
  };
}

function maskRule({ fields = [], detect = [], columns, headers, pattern, words, predicates, with: operator }: MaskDocument): MaskRule {
  const places = { ...(columns ? { columns } : {}), ...(headers ? { headers } : {}), ...(predicates ? { predicates } : {}) };
  const rule = { fields, detect, operator, ...places, ...(words ? { words } : {}) };
  return Object.freeze(pattern ? { ...rule, pattern: patternOf(pattern) } : rule);
}

function patternOf({ name, regex, context, score }: NonNullable<MaskDocument['pattern']>): MaskPattern {
  return { name, regex, ...(context ? { context } : {}), ...(score === undefined ? {} : { score }) };
}

const byName = (a: { readonly name: string }, b: { readonly name: string }): number => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
