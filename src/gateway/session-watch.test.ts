import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Session } from '../core/session.ts';
import type { Subject } from '../core/subject.ts';
import { createSessionWatch } from './session-watch.ts';

const ann: Subject = { kind: 'person', id: 'ann', name: 'ann', groups: ['staff'], issuer: 'https://idp.example.com' };
// The watch looks at nothing else of it.
const sessionOf = (more: Partial<Session> = {}): Session => ({ subject: ann, issued: { at: 1, through: ['sign-in'] }, ...more }) as Session;

function reason(session: Session, today: Subject | 'ended' | Error, ended = false): string | undefined {
  const quiet = { onChange: () => () => {} };
  const standing = (): Subject | 'ended' => {
    if (today instanceof Error) throw today;
    return today;
  };
  return createSessionWatch({
    directory: { ...quiet, standing },
    revocations: { ...quiet, hasEnded: () => ended, hasLeft: () => false },
    locks: { ...quiet, reason: () => undefined },
  }).reason(session);
}

test('a session ends with what it came through, with who it is of, with a group that is lost, and where nobody can tell', () => {
  assert.equal(reason(sessionOf(), ann), undefined);
  assert.equal(reason(sessionOf(), { ...ann }), undefined);
  assert.match(reason(sessionOf(), ann, true) ?? '', /sign in again/);
  assert.match(reason(sessionOf(), 'ended') ?? '', /no longer active/);
  assert.match(reason(sessionOf(), { ...ann, groups: [] }) ?? '', /groups of ann changed/);
  assert.match(reason(sessionOf(), new Error('unreadable')) ?? '', /cannot be read/);
});

test('a group that is gained ends sessions that keep their subject: a rule may deny it', () => {
  const suspended = { ...ann, groups: ['staff', 'suspended'] };
  assert.equal(reason(sessionOf(), suspended), undefined);
  assert.equal(reason(sessionOf({ keepsSubject: true }), { ...ann }), undefined);
  assert.match(reason(sessionOf({ keepsSubject: true }), suspended) ?? '', /groups of ann changed/);
  const agent: Subject = { kind: 'ai-agent', id: 'helper', name: 'helper', groups: [], issuer: ann.issuer, onBehalfOf: ann };
  assert.match(reason(sessionOf({ subject: agent, keepsSubject: true }), { ...agent, onBehalfOf: suspended }) ?? '', /changed/);
});
