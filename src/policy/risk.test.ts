import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CommandParts } from '../core/command.ts';
import type { HistoryFactor } from '../core/history.ts';
import type { Subject } from '../core/subject.ts';
import { commandOf, rulesOf, sessionOf, snapshotOf, subjectOf } from './fixtures.ts';
import { RISK_WEIGHTS, scoreRisk } from './risk.ts';

const score = (name: string, parts: Partial<CommandParts> = {}, subject: Partial<Subject> = {}, labels = {}): readonly [number, string] => {
  const risk = scoreRisk(commandOf(name, '{}', parts), { subject: subjectOf(subject), labels });
  return [risk.score, risk.factors.map((factor) => factor.name).join(' ')];
};

test('risk adds named factors to the highest base, and stays within 0 and 100', () => {
  assert.deepEqual(score('tools/call x'), [40, 'tool']);
  assert.deepEqual(score('tools/call x', { traits: { readOnly: true } }), [5, 'read']);
  assert.deepEqual(score('tools/call x', { traits: { readOnly: true, destructive: true } }), [55, 'destructive-tool']);
  assert.deepEqual(score('tools/call x', { traits: { openWorld: true } }), [50, 'tool open-world']);
  assert.deepEqual(score('tools/call x', { flags: ['command-injection-pattern'] }), [50, 'tool dynamic-code']);
  assert.deepEqual(score('tools/list'), [5, 'read']);
  assert.deepEqual(score('resources/read file:///x'), [5, 'read']);
  assert.deepEqual(score('initialize', { naming: 'handshake' }), [5, 'read']);
  assert.deepEqual(score('x/y', { naming: 'literal' }), [100, 'unknown']);
  assert.deepEqual(score('sql', { effects: ['read', 'unknown'] }), [100, 'unknown']);
  assert.deepEqual(score('tools/call x', {}, { kind: 'ai-agent' }), [50, 'tool ai-agent']);
  assert.deepEqual(score('tools/call x', {}, { kind: 'workload' }), [45, 'tool ci-workload']);
  assert.deepEqual(score('tools/call x', {}, {}, { env: 'Production', data: 'customer' }), [60, 'tool production regulated-data']);
  assert.deepEqual(score('tools/call x', {}, {}, { env: 'staging', data: 'public' }), [40, 'tool']);
  assert.equal(score('x/y', { naming: 'literal' }, { kind: 'ai-agent' }, { env: 'prod' })[0], 100);
});

test('the past of a subject adds named factors', () => {
  const risk = (history: readonly HistoryFactor[]) => scoreRisk(commandOf('tools/call x'), { subject: subjectOf(), labels: {}, history });
  assert.equal(risk([]).score, 40);
  assert.deepEqual(risk(['first-time', 'flagged-session']), {
    score: 60,
    factors: [
      { name: 'tool', points: 40 },
      { name: 'first-time', points: 10 },
      { name: 'flagged-session', points: 10 },
    ],
  });
});

test('a tool whose name only begins like a list is no read', () => {
  assert.deepEqual(score('tools/listing'), [40, 'tool']);
  assert.deepEqual(score('tools/call tools/list'), [40, 'tool']);
});

test('a policy sets weights; where two differ, the heavier counts', () => {
  const policy = (name: string, weights: string): string =>
    `kind: Policy\nname: ${name}\ntargets: [models]\nrules: [{ name: a, allow: ["*"] }]\nrisk: { weights: ${weights} }\n`;
  const snapshot = snapshotOf(`${policy('a', '{ tool: 20 }')}---\n${policy('b', '{ tool: 30, ai-agent: 0 }')}`);
  const risk = snapshot.decide(sessionOf(snapshot, subjectOf({ kind: 'ai-agent' })), commandOf('tools/call x')).risk;
  assert.deepEqual(risk, { score: 30, factors: [{ name: 'tool', points: 30 }] });
  assert.equal(RISK_WEIGHTS.tool, 40);
});

test('the decision carries the risk that its rules saw', () => {
  const snapshot = rulesOf('{ name: a, allow: ["*"], when: risk == 40 }');
  const decision = snapshot.decide(sessionOf(snapshot), commandOf('tools/call x'));
  assert.deepEqual([decision.effect, decision.risk.score], ['allow', 40]);
});
