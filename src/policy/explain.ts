import type { Command } from '../core/command.ts';
import type { Decision, MaskRule, Risk } from '../core/decision.ts';
import type { HistoryFactor } from '../core/history.ts';
import type { Client, Session } from '../core/session.ts';
import type { Subject } from '../core/subject.ts';
import type { Target } from '../core/target.ts';
import { detectedIn, type CompiledRule, type CompiledTarget } from './ruleset.ts';
import { scoreRisk } from './risk.ts';
import type { Snapshot } from './snapshot.ts';
import { chainOf, matchesSubject } from './subjects.ts';
import { WhenVariables } from './when-variables.ts';

export interface ExplainQuestion {
  readonly subject: Subject;
  readonly target: string;
  readonly command: Command;
  readonly client?: Client;
  readonly now?: Date;
  /** What the past of the subject would add to the risk: supposed, like the rest. */
  readonly history?: readonly HistoryFactor[];
}

/** What was thought of one rule, for the caller or for whom it acts for. */
export interface Considered {
  readonly policy: string;
  readonly rule: string;
  readonly subject: string;
  readonly matched: boolean;
  readonly why: string;
}

export interface Explanation {
  readonly effect: Decision['effect'];
  readonly rule: string;
  readonly reason: string;
  readonly risk: Risk;
  readonly masks: readonly MaskRule[];
  readonly policyVersion: string;
  readonly considered: readonly Considered[];
}

const NOBODY: Client = { address: '127.0.0.1', userAgent: 'explain', id: '' };

/** Why this command by this subject would be decided as it would be: the answer is `decide`'s own, the rest says how each rule stood. */
export function explain(snapshot: Snapshot, question: ExplainQuestion): Explanation {
  const now = question.now ?? new Date();
  const session = sessionOf(snapshot, question);
  const { effect, rule, reason, risk, masks, policyVersion } = snapshot.decide(session, question.command, { now, history: question.history ?? [] });
  return { effect, rule, reason, risk, masks, policyVersion, considered: consider(snapshot.compiled(question.target), session, question, now) };
}

function sessionOf(snapshot: Snapshot, question: ExplainQuestion): Session {
  const target = snapshot.target(question.target) ?? undeclaredTarget(question.target);
  return { id: 'explain', subject: question.subject, target, client: question.client ?? NOBODY };
}

/** Stands in for a target that is not configured; nothing is allowed on it. */
export function undeclaredTarget(name: string): Target {
  const defaults = { audit: 'strict', masking: 'enforce', pin: 'review', extraArguments: 'refuse', leadingDash: 'refuse' } as const;
  return { name, protocol: '', labels: {}, owners: [], ...defaults, limits: { requestBytes: 0, replyBytes: 0, depth: 0, replyMs: 0 } };
}

function consider(target: CompiledTarget | undefined, session: Session, { command, history = [] }: ExplainQuestion, now: Date): readonly Considered[] {
  if (!target) return [];
  const { weights } = target;
  const risk = scoreRisk(command, { subject: session.subject, labels: target.target.labels, history, weights }).score;
  return (chainOf(session.subject) ?? []).flatMap((subject) => {
    const variables = new WhenVariables({ session, subject, command, risk, now, ...detectedIn(target, command) });
    return target.rules.map((rule) => {
      const { policy, name } = rule;
      const stand = standing(target, rule, subject, command, variables);
      return { policy, rule: name, subject: `${subject.kind}:${subject.name}`, ...stand };
    });
  });
}

type Standing = Pick<Considered, 'matched' | 'why'>;

function standing(target: CompiledTarget, rule: CompiledRule, subject: Subject, command: Command, variables: WhenVariables): Standing {
  const effects = effectsOf(target, rule, command);
  const opens = command.naming === 'handshake' && rule.permits;
  if (effects.length === 0 && !opens) return { matched: false, why: 'no pattern of it names the command' };
  if (!matchesSubject(rule.subjects, subject)) return { matched: false, why: 'it is not about this subject' };
  const outcome = rule.when?.(variables) ?? true;
  if (opens && (outcome === false || !effects.includes('deny'))) return { matched: true, why: 'who may do anything on the target may open it' };
  if (outcome === false) return { matched: false, why: 'its when is false' };
  if (outcome === true) return { matched: true, why: effects.join(' and ') };
  const strict = effects.filter((effect) => effect !== 'allow');
  return strict.length === 0
    ? { matched: false, why: 'its when failed, which counts as false for allow' }
    : { matched: true, why: `${strict.join(' and ')}: its when failed, which counts as true for deny and review` };
}

function effectsOf(target: CompiledTarget, rule: CompiledRule, command: Command): readonly string[] {
  const covers = (find: (command: Command, effect: string) => readonly CompiledRule[]): boolean =>
    command.effects.some((effect) => find(command, effect).includes(rule));
  return [
    ...(target.denies(command).includes(rule) ? ['deny'] : []),
    ...(target.reviews(command).includes(rule) ? ['review'] : []),
    ...(covers(target.allows) ? ['allow'] : []),
  ];
}
