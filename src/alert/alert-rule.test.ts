import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Leaf } from '../audit/leaf.ts';
import type { EventParts, EventKind } from '../core/event.ts';
import { DEFAULT_LIMITS, type Target } from '../core/target.ts';
import { alertSchema, type AlertDocument } from '../policy/alert-schema.ts';
import { compileAlert } from './alert-rule.ts';
import { occurrencesIn } from './occurrence.ts';

const ANN = { id: 'ann', name: 'ann', kind: 'person', groups: ['staff'], issuer: 'local' };

function leaf(kind: EventKind, parts: EventParts = {}): Leaf {
  return { id: '01ARZ3NDEKTSV4RRFFQ69G5FAV', time: '2026-11-21T12:00:00.000Z', kind, writer: 'w', index: 0, ...parts };
}

function target(name: string, labels: Record<string, string> = {}): Target {
  const rest = { audit: 'strict', masking: 'enforce', pin: 'trust-first', extraArguments: 'allow', leadingDash: 'refuse' } as const;
  return { name, protocol: 'mcp', labels, owners: [], limits: DEFAULT_LIMITS, ...rest };
}

const TARGETS = [target('models', { env: 'prod' }), target('wiki')];
const rule = (more: Partial<Record<keyof AlertDocument, unknown>>) =>
  compileAlert(alertSchema.parse({ kind: 'Alert', name: 'a', events: ['denied'], ...more }), TARGETS);
const weight = (alert: ReturnType<typeof rule>, of: Leaf): number => occurrencesIn(of).reduce((sum, one) => sum + alert.weigh(one), 0);

const decision = { effect: 'deny', rule: 'no-writing', reason: 'not allowed', policyVersion: '', risk: { score: 0, factors: [] } } as const;
const denied = leaf('command.refused', { decision, subject: ANN, target: 'models', command: { name: 'tools/call Write_file', digest: '', flags: [] } });

for (const [event, of] of [
  ['denied', denied],
  ['rejected', leaf('command.refused', { outcome: { status: 'http 400' } })],
  ['allowed', leaf('command.forwarded', { decision: { ...decision, effect: 'allow' } })],
  ['failed', leaf('command.failed')],
  ['masked', leaf('reply.received', { masks: [{ by: 'detector', name: 'email', count: 1 }] })],
  ['approval-requested', leaf('approval.requested')],
  ['approval-expired', leaf('approval.expired')],
  ['locked', leaf('lock.placed')],
  ['tool-quarantined', leaf('target.changed', { outcome: { status: 'quarantined' } })],
  ['sign-in-failed', leaf('signin.failed')],
  ['token-refused', leaf('token.refused')],
  ['gap', leaf('recorder.gap')],
  ['break-glass', leaf('breakglass.opened')],
  ['policy-refused', leaf('policy.refused')],
] as const) {
  test(`an alert on ${event} is about that, and one on something else is not`, () => {
    assert.equal(weight(rule({ events: [event] }), of), 1);
    assert.equal(weight(rule({ events: ['recording-viewed'] }), of), 0);
  });
}

test('what is accepted or pinned is no quarantine, and a reply without masks masks nothing', () => {
  assert.equal(weight(rule({ events: ['tool-quarantined'] }), leaf('target.changed', { note: 'tool x is new and is quarantined, says its name' })), 0);
  assert.equal(weight(rule({ events: ['masked'] }), leaf('reply.received', { masks: [] })), 0);
});

test('targets are chosen by name, by glob, and by labels; what is about no target is then not meant', () => {
  for (const targets of [['models'], ['mod*'], [{ labels: { env: 'prod' } }], { labels: { env: 'prod' } }]) {
    assert.equal(weight(rule({ targets }), denied), 1, JSON.stringify(targets));
    assert.equal(weight(rule({ targets }), { ...denied, target: 'wiki' }), 0, JSON.stringify(targets));
  }
  assert.equal(weight(rule({ events: ['gap'], targets: ['*'] }), leaf('recorder.gap')), 0);
  assert.equal(weight(rule({ events: ['gap'] }), leaf('recorder.gap')), 1);
});

test('subjects, rules, commands and detectors narrow it', () => {
  assert.equal(weight(rule({ subjects: ['group:staff'] }), denied), 1);
  assert.equal(weight(rule({ subjects: ['person:bob', 'group:ops'] }), denied), 0);
  assert.equal(weight(rule({ rules: ['no-*'] }), denied), 1);
  assert.equal(weight(rule({ rules: ['default'] }), denied), 0);
  assert.equal(weight(rule({ commands: ['tools/call write_*'] }), denied), 1, 'whatever its case');
  assert.equal(weight(rule({ commands: ['tools/call read_*'] }), denied), 0);
  const masked = leaf('reply.received', {
    masks: [
      { by: 'detector', name: 'email', count: 7 },
      { by: 'detector', name: 'iban', count: 2 },
    ],
  });
  assert.equal(weight(rule({ events: ['masked'] }), masked), 9);
  assert.equal(weight(rule({ events: ['masked'], detectors: ['iban', 'credit-*'] }), masked), 2);
});

test('what is counted apart is what the alert names', () => {
  const [occurrence] = occurrencesIn({ ...denied, client: { address: '192.0.2.1', userAgent: '', id: '' } });
  assert.ok(occurrence);
  assert.deepEqual(rule({}).group(occurrence), [['target', 'models']]);
  assert.deepEqual(rule({ by: ['subject', 'rule', 'address'] }).group(occurrence), [
    ['subject', 'person:ann'],
    ['rule', 'no-writing'],
    ['address', '192.0.2.1'],
  ]);
  assert.deepEqual(rule({ by: [] }).group(occurrence), []);
});

test('a sink lags when it is as late as the alert says, and each sink is told by itself', () => {
  const lagging = { event: 'sink-lagging', at: 0, id: '', sink: 'siem', lagMs: 300_000 } as const;
  const alert = rule({ events: ['sink-lagging'], lag: '5m' });
  assert.equal(alert.weigh(lagging), 1);
  assert.equal(alert.weigh({ ...lagging, lagMs: 299_999 }), 0);
  assert.deepEqual(alert.group(lagging), [['sink', 'siem']]);
});
