/**
 * The policy set compiled once: immutable, with a version, asked for every command.
 * Owns: which rules cover a command and what they add up to. Called by the pipeline and by explain. Must not know: files,
 * how a protocol speaks, who approves in the end.
 */
import { createHash } from 'node:crypto';
import { canonicalJson } from '../core/canonical.ts';
import type { Command } from '../core/command.ts';
import type { Decision, MaskRule } from '../core/decision.ts';
import type { JsonValue } from '../core/json.ts';
import type { Session } from '../core/session.ts';
import type { Subject } from '../core/subject.ts';
import type { Target } from '../core/target.ts';
import type { AlertDocument } from './alert-schema.ts';
import { decide, type DecideContext } from './decide.ts';
import type { Resources } from './resources.ts';
import { compileTarget, type CompiledRule, type CompiledTarget } from './ruleset.ts';
import { chainOf, matchesSubject } from './subjects.ts';
import { compileWindows, type WindowRules } from './window.ts';

export interface Snapshot {
  /** SHA-256 of the canonical resources, hex. */
  readonly version: string;
  /** SHA-256 of all resources, hex: differs also where only alerts do, which decide nothing. */
  readonly revision: string;
  readonly alerts: readonly AlertDocument[];
  readonly targets: readonly Target[];
  target(name: string): Target | undefined;
  /** The compiled rules of a target, for `explain`. */
  compiled(name: string): CompiledTarget | undefined;
  decide(session: Session, command: Command, context?: DecideContext): Decision;
  /** Whether some rule lets the subject do anything on the target, perhaps under conditions. */
  mayReach(subject: Subject, targetName: string): boolean;
  /** Whether some rule may hold something of the subject's on the target for people. */
  mayHold(subject: Subject, targetName: string): boolean;
  /** Whether the command could be permitted under some circumstances: lists show what passes here. */
  mayList(session: Session, command: Command): boolean;
  /** What the target's rules say of windows; undefined where there is no such target. */
  windows(targetName: string): WindowRules | undefined;
  /** The masks for a subject; the same array for the same masks, so that a masker can be kept by it. */
  masksFor(subject: Subject, targetName: string): readonly MaskRule[];
}

export function compilePolicy(resources: Resources): Snapshot {
  const version = versionOf(resources);
  const targets = resources.targets.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const compiled = new Map<string, CompiledTarget>(targets.map((target) => [target.name, compileTarget(target, resources.policies, resources.detect)]));
  const windows = new Map<string, WindowRules>(targets.map((target) => [target.name, compileWindows(target, resources.policies)]));
  const snapshot: Snapshot = {
    version,
    revision: createHash('sha256')
      .update(`${version} ${JSON.stringify(resources.alerts.toSorted(byName))}`)
      .digest('hex'),
    alerts: resources.alerts,
    targets,
    target: (name) => compiled.get(name)?.target,
    compiled: (name) => compiled.get(name),
    decide: (session, command, context = {}) => decide(compiled.get(session.target.name), version, session, command, context),
    mayReach: (subject, name) => mayReach(compiled.get(name), subject),
    mayHold: (subject, name) => mayHold(compiled.get(name), subject),
    mayList: (session, command) => mayList(compiled.get(session.target.name), session.subject, command),
    windows: (name) => windows.get(name),
    masksFor: (subject, name) => compiled.get(name)?.masksFor(chainOf(subject) ?? []) ?? [],
  };
  return Object.freeze(snapshot);
}

const byName = (a: { readonly name: string }, b: { readonly name: string }): number => (a.name < b.name ? -1 : 1);

function versionOf(resources: Resources): string {
  // Through JSON, so that absent members are absent; what was read from YAML is JSON.
  const plain = JSON.parse(JSON.stringify({ targets: resources.targets.toSorted(byName), policies: resources.policies.toSorted(byName) })) as JsonValue;
  return createHash('sha256').update(canonicalJson(plain)).digest('hex');
}

function mayReach(target: CompiledTarget | undefined, subject: Subject): boolean {
  const chain = chainOf(subject);
  if (!target || !chain) return false;
  return chain.every((one) => target.rules.some((rule) => rule.permits && matchesSubject(rule.subjects, one)));
}

function mayHold(target: CompiledTarget | undefined, subject: Subject): boolean {
  const chain = chainOf(subject);
  if (!target || !chain) return false;
  if (target.target.quarantine === 'review') return true;
  return target.rules.some((rule) => rule.requirement !== undefined && chain.some((one) => matchesSubject(rule.subjects, one)));
}

function mayList(target: CompiledTarget | undefined, subject: Subject, command: Command): boolean {
  const chain = chainOf(subject);
  if (!target || !chain) return false;
  return chain.every((one) => {
    if (target.denies(command).some((rule) => rule.when === undefined && matchesSubject(rule.subjects, one))) return false;
    if (command.naming === 'handshake') return mayReach(target, one);
    return (
      command.effects.length > 0 &&
      command.effects.every((effect) => {
        const covers = (rule: CompiledRule): boolean => matchesSubject(rule.subjects, one);
        return target.allows(command, effect).some(covers) || target.reviewable(command, effect).some(covers);
      })
    );
  });
}
