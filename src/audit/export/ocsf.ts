import type { Event, EventKind } from '../../core/event.ts';
import type { ExportedEvent } from './exported-event.ts';
import { apiActivity } from './ocsf-api.ts';
import { datastoreActivity, isOfDatastore } from './ocsf-datastore.ts';

/**
 * An event as the Open Cybersecurity Schema Framework has it, of a class of the category Application Activity, with the profile
 * `security_control` where it was decided. Every attribute here is in 1.5 and later, with the same meaning. What its class has no attribute
 * for is in `unmapped`.
 */
export function ocsfEvent(row: ExportedEvent): object {
  const { event } = row;
  const { uid, name, activity, attributes, unmapped } = isOfDatastore(event) ? datastoreActivity(row) : apiActivity(row);
  return {
    metadata: metadataOf(event),
    time: Date.parse(event.time),
    category_uid: 6,
    category_name: 'Application Activity',
    class_uid: uid,
    class_name: name,
    activity_id: activity.id,
    activity_name: activity.name,
    type_uid: uid * 100 + activity.id,
    ...severityOf(event),
    ...statusOf(event),
    message: [event.kind, event.command?.name, event.note].filter((text) => text !== undefined).join(': '),
    actor: actorOf(event),
    src_endpoint: event.client?.address ? { ip: event.client.address } : { svc_name: 'sallyport' },
    ...attributes,
    ...(event.outcome?.milliseconds === undefined ? {} : { duration: event.outcome.milliseconds }),
    ...decisionOf(event),
    unmapped: { ...unmappedOf(event), ...unmapped },
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
    ...(client?.name ? { app_name: client.name } : {}),
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
