import type { AccessWindow } from '../core/approval.ts';
import type { Command } from '../core/command.ts';
import type { ApprovalRequirement } from '../core/decision.ts';
import type { Session } from '../core/session.ts';
import type { Subject } from '../core/subject.ts';
import type { Target } from '../core/target.ts';
import { readDuration } from './duration.ts';
import { compileGlob, foldCase, globsMeet, isUnknown, matchesGlob } from '../core/glob.ts';
import { remembered } from './remembered.ts';
import { requirementOf } from './ruleset.ts';
import type { PolicyDocument } from './schema.ts';
import { selectsTarget } from './selector.ts';
import { chainOf, compileSubjects, matchesSubject, type SubjectMatcher } from './subjects.ts';
import { compileWhen } from './when.ts';
import { WhenVariables } from './when-variables.ts';

/** Who may open access without waiting, and what follows from it. */
export interface BreakGlass {
  readonly review: readonly string[];
  readonly longestMs: number;
}

/** What the rules of one target say of windows. */
export interface WindowRules {
  /** Whose yes a window over this pattern takes: that of every review rule that it might stand in for; none where it stands in for none. */
  requirements(subject: Subject, pattern: string): readonly ApprovalRequirement[];
  /** Undefined for who is not named. */
  breakGlass(subject: Subject): BreakGlass | undefined;
}

export function compileWindows(target: Target, policies: readonly PolicyDocument[]): WindowRules {
  const mine = policies.filter((policy) => selectsTarget(policy, target));
  const reviews = mine.flatMap((policy) =>
    policy.rules.flatMap((rule) =>
      rule.review ? [{ subjects: compileSubjects(rule.subjects), patterns: rule.review.map(foldCase), requirement: requirementOf(rule, target) }] : [],
    ),
  );
  const responders = mine.flatMap(({ breakGlass }) => (breakGlass ? [{ who: compileSubjects(breakGlass.by), ...breakGlass }] : []));
  return {
    requirements(subject, pattern) {
      const chain = chainOf(subject) ?? [];
      const folded = foldCase(pattern);
      return reviews
        .filter(({ subjects, patterns }) => names(subjects, chain) && patterns.some((each) => globsMeet(each, folded)))
        .map(({ requirement }) => requirement);
    },
    breakGlass(subject) {
      // In one's own name: an agent does not break glass for its person.
      const named = subject.onBehalfOf ? [] : responders.filter(({ who }) => matchesSubject(who, subject));
      if (named.length === 0) return undefined;
      const longestMs = Math.min(...named.map(({ longest }) => readDuration(longest) ?? 0));
      return { review: [...new Set(named.flatMap(({ review }) => review))], longestMs };
    },
  };
}

const names = (matcher: SubjectMatcher, chain: readonly Subject[]): boolean => chain.some((one) => matchesSubject(matcher, one));

const constraintOf = remembered(compileWhen);

/** Whether the command lies within what was agreed: every effect, by pattern, and the constraint if there is one. What nobody understood never does. */
export function windowCovers(window: AccessWindow, session: Session, command: Command, risk: number, now: Date): boolean {
  if (command.naming !== 'plain' || command.effects.length === 0) return false;
  const glob = compileGlob(window.pattern);
  if (![command.name, ...command.effects].every((name) => !isUnknown(name) && matchesGlob(glob, name))) return false;
  if (window.constraint === undefined) return true;
  return constraintOf(window.constraint)(new WhenVariables({ session, subject: session.subject, command, risk, now })) === true;
}
