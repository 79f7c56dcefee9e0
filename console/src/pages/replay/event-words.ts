import type { RecordedEvent } from '../../api/sessions.ts';

const WORDS: Readonly<Record<string, string>> = {
  'session.opened': 'session opened',
  'session.closed': 'session closed',
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
  'recorder.gap': 'a gap in the recording',
  'recording.viewed': 'this recording was looked at',
  'recording.exported': 'this recording was exported',
};

/** What happened, in words; a kind that this page does not know is shown by its name. */
export function eventWords(event: RecordedEvent): string {
  if (event.kind === 'command.refused' && event.decision?.effect === 'review') return 'not run: it waits for approval';
  if (event.kind === 'command.forwarded' && event.approval !== undefined) return 'forwarded with the approval';
  return WORDS[event.kind] ?? event.kind;
}
