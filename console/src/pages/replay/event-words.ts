import type { RecordedEvent } from '../../api/sessions.ts';

const WORDS: Readonly<Record<string, string>> = {
  'session.opened': 'session opened',
  'session.closed': 'session closed',
  'session.truncated': 'session ended: nothing could be recorded',
  'session.reaped': 'session ended: nothing came for a while',
  'command.forwarded': 'allowed and forwarded',
  'command.refused': 'refused',
  'command.failed': 'failed',
  'reply.received': 'reply',
  'stream.chunk': 'message on the way',
  'approval.requested': 'held for approval',
  'approval.granted': 'approved',
  'approval.denied': 'denied',
  'approval.expired': 'the request ran out of time',
  'approval.withdrawn': 'the request was withdrawn',
  'approval.executing': 'the approval was used',
  'approval.consumed': 'the approved command ended',
  'approval.indeterminate': 'outcome unknown, not repeated',
  'subject.changed': 'directory changed',
  'group.changed': 'group changed',
  'lock.placed': 'locked',
  'lock.lifted': 'lock lifted',
  'secret.set': 'secret set',
  'secret.removed': 'secret removed',
  'connection.made': 'account connected',
  'connection.ended': 'account disconnected',
  'breakglass.opened': 'break-glass access',
  'breakglass.reviewed': 'break-glass reviewed',
  'signin.succeeded': 'signed in',
  'signin.failed': 'sign-in refused',
  'signin.ended': 'signed out',
  'token.issued': 'token issued',
  'token.refused': 'token refused',
  'consent.given': 'client let in',
  'policy.changed': 'policy changed',
  'policy.refused': 'policy refused',
  'target.changed': 'target changed',
  'session.erased': 'a session was erased',
  'recorder.gap': 'a gap in the recording',
  'recording.viewed': 'looked at the record',
  'recording.exported': 'exported the record',
};

/** What happened, in words; a kind that this page does not know is shown by its name. */
export function eventWords(event: RecordedEvent): string {
  if (event.kind === 'command.refused' && event.decision?.effect === 'review') return 'not run: it waits for approval';
  if (event.kind === 'command.forwarded' && event.approval !== undefined) return 'forwarded with the approval';
  return WORDS[event.kind] ?? event.kind;
}
