/** Runs the tests of a policy against a snapshot. The answers are `decide`'s own; nothing is decided here. */
import type { Decision } from '../core/decision.ts';
import type { Client, Session } from '../core/session.ts';
import type { PolicyCase } from './policy-test-file.ts';
import type { Snapshot } from './snapshot.ts';
import { supposedSubject, type Suppose } from './supposed.ts';

export interface CaseOutcome {
  readonly name: string;
  /** `models.test.yaml:12:5`; empty where the case came from no file. */
  readonly place: string;
  readonly passed: boolean;
  readonly effect: Decision['effect'];
  readonly rule: string;
  readonly reason: string;
  readonly risk: Decision['risk'];
  /** What was expected and is not so. */
  readonly wrong: readonly string[];
}

export interface TestReport {
  readonly passed: number;
  readonly failed: number;
  readonly policyVersion: string;
  readonly cases: readonly CaseOutcome[];
}

const NOBODY: Client = { address: '127.0.0.1', userAgent: 'policy test', id: '' };

export function runPolicyTests(snapshot: Snapshot, cases: readonly PolicyCase[], suppose: Suppose): TestReport {
  const outcomes = cases.map((one) => runCase(snapshot, one, suppose));
  const passed = outcomes.filter((one) => one.passed).length;
  return { passed, failed: outcomes.length - passed, policyVersion: snapshot.version, cases: outcomes };
}

function runCase(snapshot: Snapshot, one: PolicyCase, suppose: Suppose): CaseOutcome {
  const name = one.name ?? `${one.command} by ${one.subject}`;
  const place = one.place ? `${one.place.file}:${one.place.line}:${one.place.column}` : '';
  const decision = decisionOf(snapshot, one, suppose);
  if (typeof decision === 'string') return { name, place, passed: false, ...NO_ANSWER, wrong: [decision] };
  const { effect, rule, reason, risk } = decision;
  const wrong = differences(one.expect, decision);
  return { name, place, passed: wrong.length === 0, effect, rule, reason, risk, wrong };
}

const NO_ANSWER = { effect: 'deny', rule: '', reason: '', risk: { score: 100, factors: [] } } as const;

/** The decision, or why there is none. */
function decisionOf(snapshot: Snapshot, one: PolicyCase, suppose: Suppose): Decision | string {
  if (one.target === undefined) return 'the case names no target';
  const target = snapshot.target(one.target);
  if (!target) return `there is no target ${one.target}`;
  const principal = one.actsFor ? supposedSubject(one.actsFor.subject, one.actsFor.groups) : undefined;
  const subject = supposedSubject(one.subject, one.groups, principal);
  if (!subject) return `${one.subject} is no subject`;
  const traits = Object.fromEntries(Object.entries(one.tool ?? {}).filter(([, value]) => value === true));
  const command = suppose({ protocol: target.protocol, name: one.command, args: one.args, traits });
  const client = Object.fromEntries(Object.entries(one.client ?? {}).filter(([, value]) => value !== undefined));
  const session: Session = { id: 'policy-test', subject, target, client: { ...NOBODY, ...client } };
  return snapshot.decide(session, command, { history: one.history, ...(one.at === undefined ? {} : { now: new Date(one.at) }) });
}

function differences(expect: PolicyCase['expect'], decision: Decision): readonly string[] {
  const { effect, rule, reason, risk, approvers, masks } = typeof expect === 'string' ? { effect: expect } : expect;
  const wrong: string[] = [];
  if (effect !== undefined && decision.effect !== effect) wrong.push(`expected ${effect}, got ${decision.effect} by ${decision.rule}: ${decision.reason}`);
  if (rule !== undefined && rule !== decision.rule && !decision.rule.split(', ').includes(rule)) wrong.push(`expected the rule ${rule}, got ${decision.rule}`);
  if (reason !== undefined && !decision.reason.includes(reason)) wrong.push(`expected a reason with "${reason}", got "${decision.reason}"`);
  const { min = 0, max = 100 } = typeof risk === 'number' ? { min: risk, max: risk } : (risk ?? {});
  const { score } = decision.risk;
  if (score < min || score > max) wrong.push(`expected a risk of ${min === max ? min : `${min} to ${max}`}, got ${score}`);
  if (approvers !== undefined) wrong.push(...otherNames('approval by', approvers, askedApprovers(decision)));
  if (masks !== undefined) wrong.push(...otherNames('the masks', masks, maskNames(decision)));
  return wrong;
}

const askedApprovers = (decision: Decision): readonly string[] => (decision.effect === 'review' ? decision.approvals.flatMap(({ from }) => from) : []);

function maskNames({ masks }: Decision): readonly string[] {
  return masks.flatMap(({ fields, detect, pattern, words, columns = [], headers = [] }) => [
    ...fields,
    ...detect,
    ...columns,
    ...headers,
    ...(pattern ? [pattern.name] : []),
    ...(words ? [words.name] : []),
  ]);
}

function otherNames(what: string, expected: readonly string[], found: readonly string[]): readonly string[] {
  const [wanted, got] = [new Set(expected), new Set(found)];
  return wanted.symmetricDifference(got).size === 0 ? [] : [`expected ${what} ${[...wanted].join(', ')}, got ${[...got].join(', ') || 'none'}`];
}
