/** Replays decisions of the past against another policy. Nothing is executed and nothing recorded. */
import type { Command } from '../core/command.ts';
import type { Decision } from '../core/decision.ts';
import type { Event, EventSubject } from '../core/event.ts';
import { HISTORY_FACTORS, type HistoryFactor } from '../core/history.ts';
import type { Session } from '../core/session.ts';
import type { Subject, SubjectKind } from '../core/subject.ts';
import { undeclaredTarget } from './explain.ts';
import type { Snapshot } from './snapshot.ts';

/** A command as it was decided, and what was recorded of its request. */
export interface PastCommand {
  readonly event: Event;
  readonly request?: string;
}

/** The command that its protocol makes of the record; undefined where it can make none. */
export type Recall = (past: { readonly protocol: string; readonly name: string; readonly request: string | undefined }) => Command | undefined;

export interface SimulatedDifference {
  readonly subject: string;
  readonly target: string;
  readonly command: string;
  readonly before: { readonly effect: Decision['effect']; readonly rule: string };
  readonly after: { readonly effect: Decision['effect']; readonly rule: string; readonly reason: string };
  /** How often, and when: RFC 3339. */
  readonly count: number;
  readonly first: string;
  readonly last: string;
  /** Id of the last such event. */
  readonly event: string;
  /** Arguments were masked in the record, or the person behind an agent is known by name only: the answer may be another. */
  readonly uncertain: boolean;
}

export interface SimulateReport {
  readonly policyVersion: string;
  /** Decisions that were replayed. */
  readonly commands: number;
  readonly differing: number;
  /** Those that cannot be replayed: no policy decided them, or the record does not say enough. */
  readonly skipped: number;
  /** `allow -> deny`: 3. */
  readonly counts: Readonly<Record<string, number>>;
  /** What differs, the most frequent first; the same subject, target, command and change are one. */
  readonly differences: readonly SimulatedDifference[];
}

/** Decided by something that is no policy. */
const NO_POLICY = new Set(['quarantine', 'lock']);
const MAX_DIFFERENCES = 10_000;

export async function simulate(snapshot: Snapshot, past: AsyncIterable<PastCommand>, recall: Recall): Promise<SimulateReport> {
  const found = new Map<string, SimulatedDifference>();
  const counts: Record<string, number> = {};
  let [commands, differing, skipped] = [0, 0, 0];
  for await (const one of past) {
    const replayed = replay(snapshot, one, recall);
    if (!replayed) {
      skipped += 1;
      continue;
    }
    commands += 1;
    const { before, after } = replayed;
    if (before.effect === after.effect && before.rule === after.rule) continue;
    differing += 1;
    const change = before.effect === after.effect ? `${before.effect} by another rule` : `${before.effect} -> ${after.effect}`;
    counts[change] = (counts[change] ?? 0) + 1;
    note(found, replayed);
  }
  const differences = [...found.values()].toSorted((a, b) => b.count - a.count);
  return { policyVersion: snapshot.version, commands, differing, skipped, counts, differences };
}

function note(found: Map<string, SimulatedDifference>, one: SimulatedDifference): void {
  const { subject, target, command, before, after } = one;
  const key = JSON.stringify([subject, target, command, before, after.effect, after.rule]);
  const known = found.get(key);
  if (!known && found.size >= MAX_DIFFERENCES) return;
  const first = known && known.first < one.first ? known.first : one.first;
  const isLater = !known || one.last >= known.last;
  const latest = isLater ? one : known;
  found.set(key, { ...latest, first, count: (known?.count ?? 0) + 1, uncertain: one.uncertain || known?.uncertain === true });
}

function replay(snapshot: Snapshot, { event, request }: PastCommand, recall: Recall): SimulatedDifference | undefined {
  const { decision, command: recorded, subject, target: name = '', protocol = '', time } = event;
  if (!decision || !recorded || !subject || NO_POLICY.has(decision.rule)) return undefined;
  const command = recall({ protocol, name: recorded.name, request });
  if (!command) return undefined;
  const target = snapshot.target(name) ?? undeclaredTarget(name);
  const client = event.client ?? { address: '', userAgent: '', id: '' };
  const session: Session = { id: event.session ?? '', subject: subjectOf(subject), target, client };
  const traits = traitsFrom(decision.risk.factors, command);
  const after = snapshot.decide(session, { ...command, traits, flags: recorded.flags }, { now: new Date(time), history: historyFrom(decision.risk.factors) });
  return {
    subject: `${subject.kind}:${subject.name}`,
    target: name,
    command: recorded.name,
    // What people agreed to ahead was let through, and the policy said to ask them.
    before: { effect: decision.effect === 'allow' && event.approval !== undefined ? 'review' : decision.effect, rule: decision.rule },
    after: { effect: after.effect, rule: after.rule, reason: after.reason },
    count: 1,
    first: time,
    last: time,
    event: event.id,
    uncertain: request === undefined || (event.masks ?? []).length > 0 || subject.onBehalfOf !== undefined,
  };
}

/** What was known of the tool then is in the factors of its risk. */
function traitsFrom(factors: readonly { readonly name: string }[], command: Command): Command['traits'] {
  const has = (name: string): boolean => factors.some((factor) => factor.name === name);
  return {
    ...command.traits,
    ...(has('destructive-tool') ? { destructive: true } : {}),
    ...(has('open-world') ? { openWorld: true } : {}),
    ...(has('read') ? { readOnly: true } : {}),
  };
}

/** What the past of the subject was then. */
function historyFrom(factors: readonly { readonly name: string }[]): readonly HistoryFactor[] {
  return HISTORY_FACTORS.filter((name) => factors.some((factor) => factor.name === name));
}

/** Of the person behind an agent the record has the name alone: it is supposed to be in the groups of the agent. */
function subjectOf({ id, name, kind, groups, issuer, onBehalfOf }: EventSubject): Subject {
  const known = { id, name, kind: kind as SubjectKind, groups, issuer }; // recorded from a Subject
  if (onBehalfOf === undefined) return known;
  return { ...known, onBehalfOf: { id: onBehalfOf, name: onBehalfOf, kind: 'person', groups, issuer } };
}
