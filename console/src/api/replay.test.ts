import assert from 'node:assert/strict';
import { test } from 'node:test';
import { entryMatches, groupReplay } from './replay.ts';
import type { RecordedEvent, ReplayStep } from './sessions.ts';

const step = (id: string, kind: string, parts: Partial<RecordedEvent> = {}, text = ''): ReplayStep => ({
  event: { id, kind, time: '2026-11-21T10:00:00.000Z', ...parts },
  bodies: text === '' ? [] : [{ name: 'request', contentType: 'application/json', text }],
});
const command = { name: 'tools/call run_model', digest: '', flags: [] };
const decided = (effect: 'allow' | 'deny' | 'review'): Pick<RecordedEvent, 'decision' | 'command'> => ({
  command,
  decision: { effect, rule: 'r', reason: '', risk: { score: 0, factors: [] } },
});

test('a reply joins the command that it answers, also when another came between', () => {
  const entries = groupReplay([
    step('1', 'session.opened'),
    step('2', 'command.forwarded', decided('allow')),
    step('3', 'command.forwarded', decided('allow')),
    step('4', 'reply.received', { intent: '2', outcome: { status: 'ok' }, masks: [{ by: 'detector', name: 'email', count: 2 }] }),
    step('5', 'reply.received', { intent: '3', outcome: { status: 'error' } }),
  ]);
  assert.deepEqual(
    entries.map(({ steps, outcome, masked }) => [steps.map(({ event }) => event.id).join(), outcome, masked]),
    [
      ['1', 'note', 0],
      ['2,4', 'replied', 2],
      ['3,5', 'target-error', 0],
    ],
  );
});

test('a held command, its answer and its run are one entry', () => {
  const entries = groupReplay([
    step('1', 'approval.requested', { command, approval: 'A' }),
    step('2', 'command.refused', { ...decided('review'), approval: 'A' }),
    step('3', 'approval.granted', { approval: 'A', note: 'lead' }),
    step('4', 'command.forwarded', { ...decided('review'), approval: 'A' }),
    step('5', 'reply.received', { intent: '4', outcome: { status: 'ok' } }),
  ]);
  assert.equal(entries.length, 1);
  assert.equal(entries[0]?.outcome, 'replied');
  assert.equal(entries[0]?.command, 'tools/call run_model');
});

test('what was refused, what failed, what waits and what never ended are told apart', () => {
  const outcomes = groupReplay([
    step('1', 'command.refused', decided('deny')),
    step('2', 'command.refused', { ...decided('review'), approval: 'A' }),
    step('3', 'command.failed', { command }),
    step('4', 'command.forwarded', decided('allow')),
  ]).map(({ outcome }) => outcome);
  assert.deepEqual(outcomes, ['refused', 'held', 'failed', 'open']);
});

test('a filter looks into bodies as well', () => {
  const [entry] = groupReplay([step('1', 'command.forwarded', decided('allow'), '{"model":"Churn"}')]);
  assert.ok(entry);
  assert.equal(entryMatches(entry, 'run_model churn'), true);
  assert.equal(entryMatches(entry, 'run_model fraud'), false);
});
