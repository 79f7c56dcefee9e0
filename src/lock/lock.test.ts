import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Subject } from '../core/subject.ts';
import { holds, lockReason } from './lock.ts';

const lead: Subject = { kind: 'person', id: 'id-7', name: 'Lead', groups: [], issuer: 'local' };
const agent: Subject = { kind: 'ai-agent', id: 'helper', name: 'helper', groups: [], issuer: 'local', onBehalfOf: lead };

test('a lock on a person holds by name or id, in any letters, and for those who act for that person', () => {
  for (const name of ['person:Lead', 'lead', 'LEAD', 'ｌｅａｄ', 'person:id-7'])
    for (const subject of [lead, agent]) assert.ok(holds({ kind: 'subject', name }, { subject }), name);
  assert.ok(holds({ kind: 'subject', name: 'ai-agent:helper' }, { subject: agent }));
});

test('a lock holds for nobody else: another name, another kind, the person of a locked agent', () => {
  for (const name of ['leader', 'workload:lead', 'ai-agent:lead', 'person:', 'person:helper'])
    assert.equal(holds({ kind: 'subject', name }, { subject: lead }), false, name);
  assert.equal(holds({ kind: 'subject', name: 'ai-agent:helper' }, { subject: lead }), false);
  assert.equal(holds({ kind: 'subject', name: 'lead' }, { target: 'lead', session: 'lead' }), false);
});

test('targets and sessions are locked by their names', () => {
  assert.ok(holds({ kind: 'target', name: 'models' }, { target: 'models' }));
  assert.equal(holds({ kind: 'target', name: 'models' }, { target: 'models-2' }), false);
  assert.ok(holds({ kind: 'session', name: 'S1' }, { session: 'S1' }));
  assert.equal(holds({ kind: 'session', name: 'S1' }, { session: 's1' }), false);
});

test('whoever is stopped reads what is locked, and why where somebody said so', () => {
  const lock = { kind: 'target', name: 'models', reason: '', by: 'owner', at: 0 } as const;
  assert.equal(lockReason(lock), 'the target models is locked; an owner has to lift the lock');
  assert.match(lockReason({ ...lock, reason: 'incident 7' }), /is locked: incident 7;/);
});
