import type { Subject } from '../core/subject.ts';

export type LockKind = 'subject' | 'target' | 'session';

/** Somebody or something that may do nothing until the lock is lifted. */
export interface Lock {
  readonly kind: LockKind;
  /** A subject as `person:lead`, or `lead` for every kind of subject of that name; a target's name; a session's id. */
  readonly name: string;
  readonly reason: string;
  /** Name of whoever placed it. */
  readonly by: string;
  readonly at: number;
}

/** What may be locked: whatever is known of it. */
export interface Lockable {
  readonly subject?: Subject;
  readonly target?: string;
  readonly session?: string;
}

/** A lock on a person holds for everybody who acts for that person, too. */
export function holds({ kind, name }: Pick<Lock, 'kind' | 'name'>, about: Lockable): boolean {
  switch (kind) {
    case 'target':
      return about.target !== undefined && fold(about.target) === fold(name);
    case 'session':
      return about.session === name;
    case 'subject':
      return about.subject !== undefined && holdsSubject(name, about.subject);
    default:
      return kind satisfies never;
  }
}

function holdsSubject(written: string, subject: Subject): boolean {
  const [, kind, name = ''] = /^(?:(person|workload|ai-agent):)?(.*)$/su.exec(written) ?? [];
  const named = (one: Subject): boolean => (kind === undefined || kind === one.kind) && [one.name, one.id].some((text) => fold(text) === fold(name));
  return named(subject) || (subject.onBehalfOf !== undefined && holdsSubject(written, subject.onBehalfOf));
}

/** A lock refuses, so it takes what readers take for the same name. */
const fold = (text: string): string => text.normalize('NFKC').toLowerCase();

export function lockReason({ kind, name, reason }: Lock): string {
  return `the ${kind} ${name} is locked${reason === '' ? '' : `: ${reason}`}; an owner has to lift the lock`;
}
