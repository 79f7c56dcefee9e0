import type { Event, EventKind } from '../../core/event.ts';
import type { ExportedEvent } from './exported-event.ts';

/**
 * An event as the Open Cybersecurity Schema Framework has it: class API Activity (6003) of category Application Activity, with the profile
 * `security_control` where it was decided. Every attribute here is in 1.5 and later, with the same meaning. What the class has no attribute
 * for is in `unmapped`. Source: https://schema.ocsf.io/1.5.0/classes/api_activity
 */
export function ocsfEvent({ event, bodies }: ExportedEvent): object {
  const activity = activityOf(event);
  const request = bodies?.find(({ name }) => name === 'request');
  const answers = bodies?.filter(({ name }) => name !== 'request') ?? [];
  return {
    metadata: metadataOf(event),
    time: Date.parse(event.time),
    category_uid: 6,
    category_name: 'Application Activity',
    class_uid: 6003,
    class_name: 'API Activity',
    activity_id: activity.id,
    activity_name: activity.name,
    type_uid: 600_300 + activity.id,
    ...severityOf(event),
    ...statusOf(event),
    message: [event.kind, event.command?.name, event.note].filter((text) => text !== undefined).join(': '),
    actor: actorOf(event),
    api: {
      operation: event.command?.name ?? event.kind,
      ...(event.target === undefined ? {} : { service: { name: event.target } }),
      request: { uid: event.intent ?? event.id, ...(request ? { data: { text: request.text ?? '[erased]' } } : {}) },
      ...(answers.length > 0 ? { response: { data: { text: answers.map(({ text = '[erased]' }) => text).join('\n') } } } : {}),
    },
    src_endpoint: event.client?.address ? { ip: event.client.address } : { svc_name: 'sallyport' },
    ...(event.client?.userAgent ? { http_request: { user_agent: event.client.userAgent } } : {}),
    ...(event.target === undefined ? {} : { resources: [{ name: event.target, type: event.protocol ?? 'target' }] }),
    ...(event.outcome?.milliseconds === undefined ? {} : { duration: event.outcome.milliseconds }),
    ...decisionOf(event),
    unmapped: unmappedOf(event),
  };
}

function metadataOf({ id, time, session, kind, decision }: Event): object {
  return {
    version: '1.5.0',
    product: { name: 'Sallyport', vendor_name: 'Sallyport' },
    uid: id,
    event_code: kind,
    original_time: time,
    log_name: 'audit',
    ...(session === undefined ? {} : { correlation_uid: session }),
    ...(decision ? { profiles: ['security_control'] } : {}),
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

function activityOf({ kind, command }: Event): { readonly id: number; readonly name: string } {
  const known = ACTIVITIES[kind];
  if (known) return { id: known[0], name: known[1] };
  if (command && READS.test(command.name)) return { id: 2, name: 'Read' };
  return { id: 99, name: kind };
}

function severityOf({ kind, decision }: Event): object {
  if (kind === 'recorder.gap' || kind === 'breakglass.opened') return { severity_id: 4, severity: 'High' };
  if (kind === 'command.refused' || kind === 'signin.failed' || kind === 'token.refused' || kind.startsWith('lock.'))
    return (decision?.risk.score ?? 0) >= 70 ? { severity_id: 3, severity: 'Medium' } : { severity_id: 2, severity: 'Low' };
  return { severity_id: 1, severity: 'Informational' };
}

const FAILURES: readonly EventKind[] = ['command.refused', 'command.failed', 'signin.failed', 'token.refused', 'policy.refused', 'recorder.gap'];

function statusOf({ kind, outcome, decision, note }: Event): object {
  const failed = FAILURES.includes(kind) || outcome?.status === 'error';
  const detail = note ?? decision?.reason;
  return {
    ...(failed ? { status_id: 2, status: 'Failure' } : { status_id: 1, status: 'Success' }),
    ...(outcome ? { status_code: outcome.status } : {}),
    ...(detail === undefined || detail === '' ? {} : { status_detail: detail }),
  };
}

const USER_TYPES: Readonly<Record<string, readonly [id: number, type: string]>> = { person: [1, 'User'], workload: [4, 'Service'] };

function actorOf({ subject, session, client }: Event): object {
  if (!subject) return { app_name: 'sallyport' };
  const [typeId, type] = USER_TYPES[subject.kind] ?? [99, subject.kind];
  return {
    user: {
      name: subject.name,
      uid: subject.id,
      type_id: typeId,
      type,
      domain: subject.issuer,
      ...(subject.groups.length > 0 ? { groups: subject.groups.map((name) => ({ name })) } : {}),
    },
    ...(session === undefined ? {} : { session: { uid: session, issuer: subject.issuer } }),
    ...(subject.onBehalfOf === undefined ? {} : { invoked_by: subject.onBehalfOf }),
    ...(client?.id ? { app_uid: client.id } : {}),
  };
}

function decisionOf({ decision }: Event): object {
  if (!decision) return {};
  const { effect, rule, policyVersion, risk } = decision;
  const action = { allow: [1, 'Allowed'], deny: [2, 'Denied'], review: [99, 'review'] } as const;
  return {
    action_id: action[effect][0],
    action: action[effect][1],
    policy: { name: rule, version: policyVersion },
    risk_score: Math.round(risk.score),
  };
}

function unmappedOf({ kind, command, decision, approval, intent, masks, outcome }: Event): object {
  return {
    kind,
    ...(command ? { command_digest: command.digest, command_flags: command.flags } : {}),
    ...(decision ? { reason: decision.reason, risk_factors: decision.risk.factors } : {}),
    ...(approval === undefined ? {} : { approval }),
    ...(intent === undefined ? {} : { intent }),
    ...(masks && masks.length > 0 ? { masks } : {}),
    ...(outcome?.bytes === undefined ? {} : { bytes: outcome.bytes }),
  };
}
