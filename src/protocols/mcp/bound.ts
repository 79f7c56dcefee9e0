import type { Session } from '../../core/session.ts';
import { principalOf, subjectKey } from '../../core/subject.ts';

/** Whose a held call is and what it is of, as approvals name it: what is sealed for one is worth nothing to another. */
export function boundTo(purpose: 'request-state' | 'task', { subject, client, target }: Session): readonly unknown[] {
  const { name, address, command, credential } = target;
  return [purpose, subjectKey(subject), subjectKey(principalOf(subject)), client.id, name, address ?? null, command ?? null, credential ?? null];
}
