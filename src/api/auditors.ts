import type { Subject } from '../core/subject.ts';
import type { ApiDeps } from './deps.ts';

/**
 * Whether the subject may read all of the record: whoever the configuration names under `audit.auditors`. It may look, search, export and verify, and
 * gets nothing else by it: no target, no approval, no hold, no erasure. An agent is never one in its person's place.
 */
export function isAuditor(subject: Subject, { auditors = [] }: Pick<ApiDeps, 'auditors'>): boolean {
  if (subject.onBehalfOf) return false;
  return auditors.includes(`${subject.kind}:${subject.name}`) || subject.groups.some((group) => auditors.includes(`group:${group}`));
}
