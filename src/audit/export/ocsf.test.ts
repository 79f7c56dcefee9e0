import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import type { EventKind, EventParts } from '../../core/event.ts';
import type { ExportedEvent } from './exported-event.ts';
import { ocsfEvent } from './ocsf.ts';
import { event, full } from './testing.ts';

/**
 * The classes as https://schema.ocsf.io/1.5.0 has them: the attributes that this export uses, with their types, and those that are required.
 * Strict: an attribute that is not among them fails.
 */
const text = z.string().min(1);
const whole = z.int().min(0);
const COMMON = z.strictObject({
  metadata: z.strictObject({
    version: z.literal('1.5.0'),
    product: z.strictObject({ name: text, vendor_name: text }),
    uid: text,
    event_code: text,
    original_time: text,
    log_name: text,
    correlation_uid: text.optional(),
    profiles: z.array(z.enum(['security_control'])).optional(),
  }),
  time: whole,
  category_uid: z.literal(6),
  category_name: z.literal('Application Activity'),
  activity_name: text,
  type_uid: whole,
  severity_id: z.int().min(0).max(6),
  severity: text,
  status_id: z.union([z.literal(1), z.literal(2)]),
  status: z.enum(['Success', 'Failure']),
  status_code: text.optional(),
  status_detail: text.optional(),
  message: text,
  actor: z
    .strictObject({
      user: z
        .strictObject({
          name: text,
          uid: text,
          type_id: z.union([z.literal(0), z.literal(1), z.literal(4), z.literal(99)]),
          type: text,
          domain: text,
          groups: z.array(z.strictObject({ name: text })).optional(),
        })
        .optional(),
      session: z.strictObject({ uid: text, issuer: text }).optional(),
      invoked_by: text.optional(),
      app_uid: text.optional(),
      app_name: text.optional(),
    })
    .refine((actor) => Object.keys(actor).length > 0, 'at least one of them'),
  src_endpoint: z.strictObject({ ip: text.optional(), svc_name: text.optional() }).refine(({ ip, svc_name: name }) => ip ?? name, 'at least one of them'),
  duration: whole.optional(),
  action_id: z.union([z.literal(1), z.literal(2), z.literal(99)]).optional(),
  action: text.optional(),
  policy: z.strictObject({ name: text, version: text }).optional(),
  risk_score: whole.optional(),
  unmapped: z.looseObject({}),
});

const API_ACTIVITY = COMMON.extend({
  class_uid: z.literal(6003),
  class_name: z.literal('API Activity'),
  activity_id: z.literal([0, 1, 2, 3, 4, 99]),
  api: z.strictObject({
    operation: text,
    service: z.strictObject({ name: text }).optional(),
    request: z.strictObject({ uid: text, data: z.looseObject({}).optional() }),
    response: z.strictObject({ data: z.looseObject({}) }).optional(),
  }),
  http_request: z.strictObject({ user_agent: text }).optional(),
  resources: z.array(z.strictObject({ name: text, type: text })).optional(),
});

/** At least one of `database`, `databucket` and `table` is required; here it is the first. `query_info` without a text is none. */
const DATASTORE_ACTIVITY = COMMON.extend({
  class_uid: z.literal(6005),
  class_name: z.literal('Datastore Activity'),
  activity_id: z.literal([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 99]),
  type_id: z.literal(1),
  type: z.literal('Database'),
  database: z.strictObject({ name: text, type_id: z.literal(1), type: z.literal('Relational') }),
  dst_endpoint: z.strictObject({ svc_name: text }),
  query_info: z.strictObject({ uid: text, query_string: text }).optional(),
});

const KINDS: readonly EventKind[] = [
  'session.opened',
  'command.forwarded',
  'command.refused',
  'reply.received',
  'approval.granted',
  'lock.lifted',
  'recorder.gap',
  'signin.failed',
  'policy.changed',
  'recording.exported',
];

const bodies = [
  { name: 'request' as const, contentType: 'application/json', text: '{"statement":"select 1"}' },
  { name: 'reply' as const, contentType: 'application/json' },
];

/** An event of each kind: with everything and with nothing in it. */
function rowsOf(kind: EventKind, parts: EventParts): readonly ExportedEvent[] {
  const little = { ...(parts.protocol === undefined ? {} : { protocol: parts.protocol }), ...(parts.target === undefined ? {} : { target: parts.target }) };
  return [
    { event: event(kind, parts) },
    { event: event(kind, parts), bodies },
    { event: event(kind, little) },
    { event: event(kind, { ...little, client: { address: '', userAgent: '', id: '' } }) },
  ];
}

function check(schema: typeof API_ACTIVITY | typeof DATASTORE_ACTIVITY, row: ExportedEvent): void {
  const made = schema.parse(JSON.parse(JSON.stringify(ocsfEvent(row))));
  assert.equal(made.type_uid, made.class_uid * 100 + made.activity_id);
  assert.equal(made.action_id !== undefined, made.metadata.profiles !== undefined);
}

test('every kind of event has the shape of an OCSF API Activity, with everything and with nothing in it', () => {
  for (const kind of KINDS) for (const parts of [full, {}]) for (const row of rowsOf(kind, parts)) check(API_ACTIVITY, row);
  assert.partialDeepStrictEqual(ocsfEvent({ event: event('command.refused') }), {
    status_id: 2,
    action_id: 2,
    action: 'Denied',
    policy: { name: 'r' },
    risk_score: 12,
  });
  assert.partialDeepStrictEqual(ocsfEvent({ event: event('recording.viewed') }), { activity_id: 2, type_uid: 600_302, status: 'Success' });
});

const statement = (name: string): EventParts => ({
  ...full,
  target: 'orders',
  protocol: 'postgres',
  client: { address: '10.0.0.7', userAgent: '', id: '', name: 'psql' },
  command: { name, digest: 'd'.repeat(64), flags: [] },
});

test('a session with a database and its statements have the shape of an OCSF Datastore Activity; an approval about one is API Activity', () => {
  for (const kind of KINDS) {
    const isOfSession = /^(?:session|command|reply)\./.test(kind);
    for (const row of rowsOf(kind, statement('read:public.users'))) check(isOfSession ? DATASTORE_ACTIVITY : API_ACTIVITY, row);
  }
  assert.partialDeepStrictEqual(ocsfEvent({ event: event('session.opened', statement('read')) }), {
    activity_id: 3,
    activity_name: 'Connect',
    type_uid: 600_503,
  });
  assert.partialDeepStrictEqual(ocsfEvent({ event: event('command.refused', statement('write:delete:public.users')), bodies }), {
    activity_name: 'Delete',
    status: 'Failure',
    action: 'Denied',
    actor: { app_name: 'psql' },
    database: { name: 'orders' },
    query_info: { query_string: 'select 1' },
    unmapped: { effect: 'write:delete:public.users', reply: '[erased]' },
  });
});

test('what a statement does is an activity of the class where that has one', () => {
  const activities = {
    'read:public.users': 'Query',
    'session:show[search_path]': 'Read',
    'write:insert:public.users': 'Write',
    'write:copy-in:public.users': 'Write',
    'write:update:public.users': 'Update',
    'write:merge:public.users': 'Update',
    'write:truncate:public.users': 'Delete',
    'ddl:create:table:public.t': 'Create',
    'ddl:alter:table:public.t': 'Update',
    'ddl:drop:table:public.t': 'Delete',
    'priv:grant': 'priv:grant',
    'exec:do': 'exec:do',
    unknown: 'unknown',
  };
  for (const [name, activity] of Object.entries(activities)) {
    const made = DATASTORE_ACTIVITY.parse(JSON.parse(JSON.stringify(ocsfEvent({ event: event('command.forwarded', statement(name)) }))));
    assert.equal(made.activity_name, activity);
    assert.equal(made.activity_id === 99, activity === name);
  }
});

test('a statement is told as it was recorded: alone, erased, or as whatever it is', () => {
  const told = (request: string | undefined): unknown =>
    DATASTORE_ACTIVITY.parse(
      JSON.parse(
        JSON.stringify(
          ocsfEvent({
            event: event('command.forwarded', statement('read')),
            bodies: [{ name: 'request', contentType: 'application/json', ...(request === undefined ? {} : { text: request }) }],
          }),
        ),
      ),
    ).query_info?.query_string;
  assert.equal(told('{"parameters":["1"],"searchPath":[],"statement":"select $1"}'), 'select $1');
  assert.equal(told(undefined), '[erased]');
  assert.equal(told('{"statement":7}'), '{"statement":7}');
  assert.equal(told('not JSON'), 'not JSON');
});
