import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import type { Approval, ApprovalStatus } from '../core/approval.ts';
import { Changes } from './changes.ts';
import { askFor, scientist } from './fixtures.ts';

function record(id: string, status: ApprovalStatus): Approval {
  const { decision } = askFor();
  return { id, status, session: 's', subject: scientist, target: 't', command: 'c', shown: '', digest: '', decision, answers: [], createdAt: 0, expiresAt: 1 };
}

const fresh = () => new Changes((error) => assert.ok(error));

test('a wait ends when its record is decided, not while it is pending and not with another one', async () => {
  const changes = fresh();
  let ended = false;
  const wait = changes.wait('a', new AbortController().signal);
  const done = wait.ended.then(() => (ended = true));
  changes.announce(record('a', 'pending'));
  changes.announce(record('b', 'granted'));
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(ended, false);
  changes.announce(record('a', 'denied'));
  await done;
});

test('a wait that was stopped leaves no listener behind, neither here nor on its signal', () => {
  const changes = fresh();
  const { signal } = new AbortController();
  const waits = [changes.wait('a', signal), changes.wait('a', signal)];
  assert.deepEqual(changes.waitedFor, ['a']);
  waits.forEach((wait) => wait.stop());
  assert.deepEqual(changes.waitedFor, []);
  assert.equal(getEventListeners(signal, 'abort').length, 0);
});

test('the same state is told once, a new one again, and nothing after the listener left', () => {
  const changes = fresh();
  const heard: string[] = [];
  const stop = changes.listen(({ status }) => heard.push(status));
  for (const status of ['pending', 'pending', 'granted', 'granted', 'executing'] as const) changes.announce(record('a', status));
  stop();
  changes.announce(record('a', 'consumed'));
  assert.deepEqual(heard, ['pending', 'granted', 'executing']);
  assert.equal(changes.watched, false);
});

test('after close every wait ends at once, also one that comes later', async () => {
  const changes = fresh();
  const { signal } = new AbortController();
  const before = changes.wait('a', signal);
  changes.close();
  await Promise.all([before.ended, changes.wait('b', signal).ended]);
});
