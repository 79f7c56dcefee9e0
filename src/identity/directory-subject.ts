import type { Subject, SubjectKind } from '../core/subject.ts';
import type { SubjectRow } from '../storage/schema.ts';

/** What a subject is found by: its name and groups may change, these do not. */
export type SubjectName = Pick<Subject, 'issuer' | 'id' | 'kind'>;

export function subjectOfRow({ issuer, kind, id, name, member_of }: SubjectRow): Subject {
  // Only the directory writes rows, from these types.
  return { kind: kind as SubjectKind, id, name, groups: JSON.parse(member_of) as string[], issuer };
}
