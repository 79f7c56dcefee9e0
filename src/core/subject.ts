export type SubjectKind = 'person' | 'workload' | 'ai-agent';

/** Who asks. `id` is unique within `issuer`; policy names a subject by `name` (`person:lead`) or by group. */
export interface Subject {
  readonly kind: SubjectKind;
  readonly id: string;
  readonly name: string;
  readonly groups: readonly string[];
  readonly issuer: string;
  /** The person behind an AI agent. */
  readonly onBehalfOf?: Subject;
}

/** One identity across names and groups: what sessions and approvals are bound to. */
export function subjectKey(subject: Pick<Subject, 'issuer' | 'id'> & { readonly kind: string }): string {
  if (subject !== lastSubject) {
    lastKey = JSON.stringify([subject.kind, subject.issuer, subject.id]);
    lastSubject = subject;
  }
  return lastKey;
}

/** Each command asks for its subject's key several times in a row. */
let lastSubject: object = {};
let lastKey = '';

/** The person who answers for a subject: the one behind an agent, else the subject. */
export function principalOf(subject: Subject): Subject {
  return subject.onBehalfOf ? principalOf(subject.onBehalfOf) : subject;
}
