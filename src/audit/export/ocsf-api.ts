import type { Event, EventKind } from '../../core/event.ts';
import { saidText, type ExportedEvent } from './exported-event.ts';
import { otherActivity, type OcsfActivity, type OcsfClass } from './ocsf-class.ts';

/** API Activity (6003): whoever asked a target, or the gateway, for something. Source: https://schema.ocsf.io/1.5.0/classes/api_activity */
export function apiActivity({ event, bodies }: ExportedEvent): OcsfClass {
  const request = bodies?.find(({ name }) => name === 'request');
  const answers = bodies?.filter(({ name }) => name !== 'request') ?? [];
  return {
    uid: 6003,
    name: 'API Activity',
    activity: activityOf(event),
    attributes: {
      api: {
        operation: event.command?.name ?? event.kind,
        ...(event.target === undefined ? {} : { service: { name: event.target } }),
        request: { uid: event.intent ?? event.id, ...(request ? { data: { text: saidText(request) } } : {}) },
        ...(answers.length > 0 ? { response: { data: { text: answers.map(saidText).join('\n') } } } : {}),
      },
      ...(event.client?.userAgent ? { http_request: { user_agent: event.client.userAgent } } : {}),
      ...(event.target === undefined ? {} : { resources: [{ name: event.target, type: event.protocol ?? 'target' }] }),
    },
  };
}

/** Create, Read, Update and Delete where the kind or the method says it; what a tool does is not known. */
const ACTIVITIES: Readonly<Partial<Record<EventKind, readonly [id: number, name: string]>>> = {
  'session.opened': [1, 'Create'],
  'approval.requested': [1, 'Create'],
  'subject.changed': [3, 'Update'],
  'group.changed': [3, 'Update'],
  'lock.placed': [1, 'Create'],
  'lock.lifted': [4, 'Delete'],
  'token.issued': [1, 'Create'],
  'secret.set': [3, 'Update'],
  'secret.removed': [4, 'Delete'],
  'connection.made': [1, 'Create'],
  'connection.ended': [4, 'Delete'],
  'policy.changed': [3, 'Update'],
  'target.changed': [3, 'Update'],
  'recording.viewed': [2, 'Read'],
  'recording.exported': [2, 'Read'],
};
const READS = /^(?:(?:tools|resources|resources\/templates|prompts|tasks)\/(?:list|read|get|result)|completion\/complete)\b/;

function activityOf({ kind, command }: Event): OcsfActivity {
  const known = ACTIVITIES[kind];
  if (known) return { id: known[0], name: known[1] };
  if (command && READS.test(command.name)) return { id: 2, name: 'Read' };
  return otherActivity(kind);
}
