import assert from 'node:assert/strict';
import { test } from 'node:test';
import { namedEvents } from './named-events.ts';
import { anEvent } from './testing.ts';

const decision = { effect: 'review', rule: 'leads-approve', reason: 'a lead must agree', policyVersion: 'v', risk: { score: 0, factors: [] } } as const;
const names = (event: Parameters<typeof namedEvents>[0]): readonly string[] => namedEvents(event).map(({ name }) => name);

test('an intent is received, decided, executing where it was approved, and forwarded', () => {
  assert.deepEqual(names(anEvent('command.forwarded', { decision })), ['command.received', 'decision.made', 'command.forwarded']);
  assert.deepEqual(names(anEvent('command.forwarded', { decision, approval: 'a' })), [
    'command.received',
    'decision.made',
    'approval.executing',
    'command.forwarded',
  ]);
});

test('a refused command was never executing, whatever approval it names', () => {
  assert.deepEqual(names(anEvent('command.refused', { decision, approval: 'a' })), ['command.received', 'decision.made', 'command.refused']);
});

test('an outcome is the reply and each mask that was applied to it', () => {
  const masks = [{ by: 'detector', name: 'email', count: 2 }] as const;
  const [reply, mask] = namedEvents(anEvent('reply.received', { masks, outcome: { status: 'ok' } }));
  assert.deepEqual([reply?.name, reply?.detail, mask?.name, mask?.detail], ['reply.received', 'ok', 'mask.applied', 'detector email: 2']);
});

test('everything else is itself', () => {
  assert.deepEqual(names(anEvent('signin.failed')), ['signin.failed']);
});
