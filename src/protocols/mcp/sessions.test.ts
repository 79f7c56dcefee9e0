import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { plainTarget } from '../../../test/support/plain-target.ts';
import type { Event } from '../../core/event.ts';
import type { Subject } from '../../core/subject.ts';
import { Sessions } from './sessions.ts';

const MINUTE = 60_000;
const ann: Subject = { kind: 'person', id: 'ann', name: 'ann', groups: [], issuer: 'test' };
const bob: Subject = { ...ann, id: 'bob', name: 'bob' };
const client = { address: '', userAgent: '', id: 'c' };
const target = plainTarget({ name: 'models' });

const annCalls = { subject: ann, target, client };
const bobCalls = { subject: bob, target, client };

/** Time that passes when the test says so. */
function open(t: TestContext) {
  t.mock.timers.enable({ apis: ['setInterval', 'Date'] });
  const events: Event[] = [];
  const sessions = new Sessions({ append: async (event) => void events.push(event) });
  const of = (kind: Event['kind']) => events.filter((event) => event.kind === kind).map((event) => event.session);
  const pass = (minutes: number): void => {
    for (let minute = 0; minute < minutes; minute += 1) t.mock.timers.tick(MINUTE);
  };
  return { sessions, of, pass };
}

test('a session is opened once however many commands it has, and every subject, and every id, has its own', async (t) => {
  const { sessions, of } = open(t);
  const [one, again] = [await sessions.of(annCalls), await sessions.of(annCalls)];
  const [other, named] = [await sessions.of(bobCalls), await sessions.of(annCalls, 'id')];
  assert.equal(one.id, again.id);
  assert.equal(new Set([one.id, other.id, named.id]).size, 3);
  assert.deepEqual(of('session.opened'), [one.id, other.id, 'id']);
  await sessions.close();
  assert.equal(of('session.closed').length, 3);
});

test('a session that is idle for 15 minutes is closed, once; one that is used goes on', async (t) => {
  const { sessions, of, pass } = open(t);
  await sessions.of(annCalls, 'idle');
  for (let round = 0; round < 4; round += 1) {
    await sessions.of(bobCalls, 'used');
    pass(8);
  }
  assert.deepEqual(of('session.closed'), ['idle']);
  await sessions.close();
  assert.deepEqual(of('session.closed'), ['idle', 'used']);
});

test('a session with a stream or a long call is not idle before that has ended', async (t) => {
  const { sessions, of, pass } = open(t);
  const session = await sessions.of(annCalls, 'streaming');
  let end = (): void => {};
  const stream = sessions.during(session, () => new Promise<void>((done) => (end = done)));
  pass(60);
  assert.deepEqual(of('session.closed'), []);
  end();
  await stream;
  pass(20);
  assert.deepEqual(of('session.closed'), ['streaming']);
  await sessions.close();
});

test('a session whose opening cannot be recorded is none', async () => {
  const sessions = new Sessions({ append: () => Promise.reject(new Error('the disk is full')) });
  await assert.rejects(sessions.of(annCalls, 'x'), /the disk is full/);
  await assert.rejects(sessions.of(annCalls, 'x'), /the disk is full/);
  await sessions.close();
});

test('a session whose end could not be recorded is told of as soon as it can be, once, and before it is opened again', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval', 'Date'] });
  const events: (readonly [Event['kind'], string | undefined])[] = [];
  let isFull = false;
  const sessions = new Sessions({
    append: async ({ kind, session }) => {
      if (isFull) throw new Error('no room');
      events.push([kind, session]);
    },
  });
  const [one, other] = [await sessions.of(annCalls, 'one'), await sessions.of(bobCalls, 'other')];
  isFull = true;
  await assert.rejects(sessions.end(one.id), /no room/);
  sessions.endWhere(({ id }) => id === other.id);
  await sessions.tell();
  isFull = false;
  await sessions.of(annCalls, 'one');
  await sessions.tell();
  await sessions.tell();
  assert.deepEqual(events.slice(2), [
    ['session.truncated', 'one'],
    ['session.opened', 'one'],
    ['session.truncated', 'other'],
  ]);
  await sessions.close();
});
