import type { Command } from '../core/command.ts';
import type { ApprovalRequirement, Decision, MaskRule, Risk } from '../core/decision.ts';
import type { HistoryFactor } from '../core/history.ts';
import type { Quota, Quotas } from '../core/quota.ts';
import type { Session } from '../core/session.ts';
import { subjectKey, type Subject } from '../core/subject.ts';
import { scoreRisk } from './risk.ts';
import { detectedIn, type CompiledRule, type CompiledTarget } from './ruleset.ts';
import { chainOf, isSomebody, matchesSubject } from './subjects.ts';
import { WhenVariables, type WhenQuestion } from './when-variables.ts';

export interface DecideContext {
  readonly now?: Date;
  /** What the subject's past adds to the risk. */
  readonly history?: readonly HistoryFactor[];
}

/** What the rules say for one subject: the parts of a Decision that differ between the caller and whom it acts for. */
export type Verdict =
  | { readonly effect: 'allow' | 'deny'; readonly rule: string; readonly reason: string; readonly quotas?: Quotas }
  | { readonly effect: 'review'; readonly rule: string; readonly reason: string; readonly approvals: readonly ApprovalRequirement[]; readonly quotas?: Quotas };

const NO_RISK: Risk = { score: 100, factors: [{ name: 'unknown', points: 100 }] };

/** deny beats review beats allow; nothing matched is deny. For a caller that acts for somebody, the stricter of both verdicts. */
export function decide(target: CompiledTarget | undefined, policyVersion: string, session: Session, command: Command, context: DecideContext): Decision {
  const chain = chainOf(session.subject);
  if (!target || !chain || !chain.every(isSomebody)) return { ...nobody(session), risk: NO_RISK, masks: [], policyVersion };
  const riskOf = (subject: Subject): Risk =>
    scoreRisk(command, { subject, labels: target.target.labels, history: context.history ?? [], weights: target.weights });
  const risk = riskOf(session.subject);
  const now = context.now ?? new Date();
  const detected = detectedIn(target, command);
  const verdicts: Verdict[] = [];
  for (const subject of chain) {
    for (const score of subject === session.subject ? [risk.score] : scoresFor(subject, risk.score, riskOf))
      verdicts.push(asked(session, subject, verdictFor(target, { session, subject, command, risk: score, now, ...detected })));
  }
  const masks: readonly MaskRule[] = target.masksFor(chain);
  const verdict = quarantined(strictest(verdicts), target, command);
  const quotas = verdict.effect === 'deny' || command.naming === 'handshake' ? [] : [...own(target, chain), ...verdicts.flatMap((each) => each.quotas ?? [])];
  return { ...verdict, risk, masks, policyVersion, ...(quotas.length === 0 ? {} : { quotas: distinct(quotas) }) };
}

/** Whoever is behind a caller is asked twice, as one who is driven and as one who comes alone: what only the agent's risk opens is not that person's. */
function scoresFor(subject: Subject, score: number, riskOf: (subject: Subject) => Risk): readonly number[] {
  if (subject.kind === 'ai-agent' || subject.onBehalfOf) return [score];
  const alone = riskOf(subject).score;
  return alone === score ? [score] : [score, alone];
}

/** What bounds the person bounds the person's agents together: it is counted as the person's own. */
function asked(session: Session, subject: Subject, verdict: Verdict): Verdict {
  if (subject === session.subject || !verdict.quotas) return verdict;
  return { ...verdict, quotas: countedFor(subject, verdict.quotas) };
}

const countedFor = (subject: Subject, quotas: Quotas): Quotas => quotas.map((group) => group.map((quota) => ({ ...quota, subject: subjectKey(subject) })));

/** The target's own limit is each one's: the caller's, and that of whoever is behind it. */
function own({ target: { quota } }: CompiledTarget, [caller, ...behind]: readonly Subject[]): Quotas {
  if (!quota || !caller) return [];
  return [[quota], ...behind.flatMap((subject) => countedFor(subject, [[quota]]))];
}

/** A command takes from one subject's quota once, however many of its effects that quota bounds. */
function distinct(quotas: Quotas): Quotas {
  const needed = new Set(quotas.flatMap(([quota, other]) => (quota && !other ? [countOf(quota)] : [])));
  const groups = quotas.filter((group) => group.length === 1 || !group.some((quota) => needed.has(countOf(quota))));
  return [...new Map(groups.map((group) => [group.map(countOf).join(' '), group])).values()];
}

const countOf = ({ key, subject = '' }: Quota): string => `${key} ${subject}`;

/** Rules speak of a tool as somebody knew it: until an owner accepts another definition, allow and review are not about that one. */
function quarantined(verdict: Verdict, { target }: CompiledTarget, { name, quarantine }: Command): Verdict {
  if (!quarantine || verdict.effect === 'deny') return verdict;
  const { answer, reason } = quarantine;
  if (answer === 'deny' || target.owners.length === 0) return { effect: 'deny', rule: 'quarantine', reason };
  const owners: ApprovalRequirement = { rule: 'quarantine', from: target.owners, quorum: 1, pendingMs: HELD_MS, usableMs: HELD_MS, reason: 'optional' };
  const approvals = verdict.effect === 'review' ? [...verdict.approvals, owners] : [owners];
  const rule = verdict.effect === 'review' ? `${verdict.rule}, quarantine` : 'quarantine';
  return { effect: 'review', rule, reason: `${name} needs approval from ${target.owners.join(' or ')}: ${reason}`, approvals };
}

const HELD_MS = 30 * 60_000;

function nobody(session: Session): Verdict {
  return {
    effect: 'deny',
    rule: 'default',
    reason: `no rule can apply: the target ${session.target.name} is not configured or the identity is incomplete; sign in again or ask an administrator`,
  };
}

type Applies = (rule: CompiledRule, ifBroken: boolean) => boolean;

function verdictFor(target: CompiledTarget, question: WhenQuestion): Verdict {
  const { command, subject } = question;
  const applies = makeApplies(question);
  const denied = target.denies(command).find((rule) => applies(rule, true));
  if (denied)
    return {
      effect: 'deny',
      rule: denied.name,
      reason: denied.message ?? `the rule ${denied.name} denies ${command.name}: ask for something else, or the owners of ${target.target.name} to change it`,
    };

  if (command.naming === 'handshake') return handshake(target, subject, command);

  const reviews = target.reviews(command).filter((rule) => applies(rule, true));
  const covers = command.effects.map((effect) => coverOf(target, command, effect, reviews, applies));
  if (covers.length === 0) return nothingMatched(target, command.name);
  if (covers.includes(undefined)) return nothingMatched(target, named(command.effects.filter((_effect, at) => covers[at] === undefined)));
  const quotas = target.limited ? quotasOf(target, command, reviews, applies) : [];
  const bounds = quotas.length === 0 ? {} : { quotas };
  if (reviews.length > 0) return { ...reviewed(reviews, command), ...bounds };
  const rule = unique(covers.flatMap((cover) => (cover ? [cover.name] : []))).join(', ');
  return { effect: 'allow', rule, reason: `allowed by ${rule}`, ...bounds };
}

/** The rule that lets the effect be considered at all: an allow that applies, or a review that does. */
function coverOf(target: CompiledTarget, command: Command, effect: string, reviews: readonly CompiledRule[], applies: Applies): CompiledRule | undefined {
  const allowed = target.allows(command, effect).find((rule) => applies(rule, false));
  return allowed ?? (reviews.length === 0 ? undefined : target.reviewable(command, effect).find((rule) => reviews.includes(rule)));
}

/**
 * What bounds a command: for each effect the most generous of the rules that let it through, so that one more allow never
 * takes anything away; and every limit of a review, which restricts.
 */
function quotasOf(target: CompiledTarget, command: Command, reviews: readonly CompiledRule[], applies: Applies): Quotas {
  const held = reviews.flatMap(({ quota }) => (quota ? [[quota]] : []));
  const each = command.effects.flatMap((effect) => {
    const covers = [
      ...target.allows(command, effect).filter((rule) => applies(rule, false)),
      ...target.reviewable(command, effect).filter((rule) => reviews.includes(rule)),
    ];
    const quotas = covers.flatMap(({ quota }) => (quota ? [quota] : []));
    return quotas.length === covers.length && quotas.length > 0 ? [quotas] : [];
  });
  return [...held, ...each];
}

/** Whether a rule is about this question; `ifBroken` is what a failed expression counts as. */
function makeApplies(question: WhenQuestion): Applies {
  let variables: WhenVariables | undefined;
  return (rule, ifBroken) => {
    if (!matchesSubject(rule.subjects, question.subject)) return false;
    if (rule.when === undefined) return true;
    variables ??= new WhenVariables(question);
    const outcome = rule.when(variables);
    return outcome === 'error' ? ifBroken : outcome;
  };
}

function handshake(target: CompiledTarget, subject: Subject, command: Command): Verdict {
  const rule = target.rules.find((one) => one.permits && matchesSubject(one.subjects, subject));
  if (!rule) return nothingMatched(target, command.name);
  return { effect: 'allow', rule: rule.name, reason: `${command.name} is open to whom a rule names on this target` };
}

const MOST_NAMED = 5;

/** What rules have to allow yet, so that nobody has to find out one by one. */
function named(effects: readonly string[]): string {
  const more = effects.length - MOST_NAMED;
  return more > 0 ? `${effects.slice(0, MOST_NAMED).join(', ')} and ${more} more` : effects.join(', ');
}

function nothingMatched(target: CompiledTarget, what: string): Verdict {
  const { name, owners } = target.target;
  const whom = owners.length === 0 ? 'an administrator' : owners.join(' or ');
  return { effect: 'deny', rule: 'default', reason: `no rule allows ${what} on ${name}: use what you may, or ask ${whom} for a rule` };
}

function reviewed(rules: readonly CompiledRule[], command: Command): Verdict {
  const approvals = rules.flatMap((rule) => (rule.requirement ? [rule.requirement] : []));
  const names = rules.map((rule) => rule.name).join(', ');
  const from = approvals.map(({ from: who, quorum }) => `${quorum === 1 ? '' : `${quorum} of `}${who.join(' or ')}`).join(' and ');
  return { effect: 'review', rule: names, reason: rules.find((rule) => rule.message)?.message ?? `${command.name} needs approval from ${from}`, approvals };
}

const RANK = { deny: 2, review: 1, allow: 0 } as const;

function strictest(verdicts: readonly Verdict[]): Verdict {
  const [only] = verdicts;
  if (verdicts.length === 1 && only && only.effect !== 'review') return only;
  const first = verdicts.toSorted((a, b) => RANK[b.effect] - RANK[a.effect])[0];
  if (first?.effect !== 'review') return first ?? NOTHING_SAID;
  return { ...first, approvals: unique(verdicts.flatMap((verdict) => (verdict.effect === 'review' ? verdict.approvals : []))) };
}

const NOTHING_SAID: Verdict = { effect: 'deny', rule: 'default', reason: 'nobody asked' };

const unique = <T>(items: readonly T[]): readonly T[] => (items.length < 2 ? items : [...new Set(items)]);
