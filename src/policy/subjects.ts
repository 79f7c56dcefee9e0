import type { Subject } from '../core/subject.ts';

/** Whom a rule is about, in a form that is quick to ask. */
export interface SubjectMatcher {
  readonly everybody: boolean;
  readonly groups: ReadonlySet<string>;
  /** `person:x`, `workload:x`, `ai-agent:x`. */
  readonly named: ReadonlySet<string>;
}

export function compileSubjects(subjects: readonly string[] | undefined): SubjectMatcher {
  const written = subjects ?? ['*'];
  return {
    everybody: written.includes('*'),
    groups: new Set(written.filter((one) => one.startsWith('group:')).map((one) => one.slice('group:'.length))),
    named: new Set(written.filter((one) => one !== '*' && !one.startsWith('group:'))),
  };
}

/** A subject without an id or a name is nobody: it matches nothing, `*` included. */
export function matchesSubject(matcher: SubjectMatcher, subject: Subject): boolean {
  if (!isSomebody(subject)) return false;
  if (matcher.everybody) return true;
  if (matcher.named.size > 0 && (matcher.named.has(`${subject.kind}:${subject.name}`) || matcher.named.has(`${subject.kind}:${subject.id}`))) return true;
  return matcher.groups.size > 0 && subject.groups.some((group) => matcher.groups.has(group));
}

export const isSomebody = (subject: Subject): boolean => subject.id !== '' && subject.name !== '';

const LONGEST_CHAIN = 4;

/** The caller and everyone it acts for; each must be allowed by itself. Undefined where that never ends. */
export function chainOf(subject: Subject): readonly Subject[] | undefined {
  if (!subject.onBehalfOf) return [subject];
  const chain: Subject[] = [];
  for (let next: Subject | undefined = subject; next; next = next.onBehalfOf) {
    if (chain.length === LONGEST_CHAIN) return undefined;
    chain.push(next);
  }
  return chain;
}
