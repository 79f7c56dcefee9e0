import type { SessionSummary } from '../../audit/session-summary.ts';
import type { Subject } from '../../core/subject.ts';
import { isAuditor } from '../auditors.ts';
import type { ApiDeps, RecordedEvent } from '../deps.ts';
import { isOwner } from '../owners.ts';

/** Whether the viewer may see the recording: its own session, or one on a target that it owns; any for auditors. */
export function maySee(session: SessionSummary, events: readonly RecordedEvent[], viewer: Subject, deps: Pick<ApiDeps, 'auditors' | 'snapshot'>): boolean {
  const target = deps.snapshot().target(session.target);
  return isAuditor(viewer, deps) || (target !== undefined && isOwner(viewer, target)) || isOwn(events, viewer);
}

/** By identity, not by name: two issuers may both have an `alice`. */
function isOwn(events: readonly RecordedEvent[], viewer: Subject): boolean {
  const subject = events.find(({ event }) => event.subject !== undefined)?.event.subject;
  return subject !== undefined && subject.kind === viewer.kind && subject.issuer === viewer.issuer && subject.id === viewer.id;
}
