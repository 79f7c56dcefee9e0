import type { Subject } from '../core/subject.ts';

export interface SubjectView {
  readonly name: string;
  readonly kind: string;
  readonly groups: readonly string[];
}

export function presentSubject({ name, kind, groups }: Subject): SubjectView {
  return { name, kind, groups };
}
