import assert from 'node:assert/strict';
import { test } from 'node:test';
import { matchesFilter, mergeApproval, sortInbox } from './approval-inbox.ts';
import type { ApprovalView } from './approvals.ts';

function approval(parts: Partial<ApprovalView>): ApprovalView {
  return {
    id: 'A',
    status: 'pending',
    subject: { name: 'scientist', kind: 'person', groups: [] },
    target: 'models',
    command: 'tools/call delete_model',
    shown: '{"arguments":{"model":"churn"}}',
    digest: '',
    rule: 'changes',
    reason: '',
    risk: { score: 0, factors: [] },
    approvals: [],
    answers: [],
    createdAt: '2026-11-21T10:00:00.000Z',
    expiresAt: '2026-11-21T11:00:00.000Z',
    mayAnswer: false,
    mine: false,
    mayWithdraw: false,
    ...parts,
  };
}

test('what waits for the viewer comes first, the one that ends soonest on top', () => {
  const list = [
    approval({ id: 'settled-old', status: 'denied', createdAt: '2026-11-21T08:00:00.000Z' }),
    approval({ id: 'settled-new', status: 'consumed', mayAnswer: true }),
    approval({ id: 'others' }),
    approval({ id: 'late', mayAnswer: true, expiresAt: '2026-11-21T12:00:00.000Z' }),
    approval({ id: 'soon', mayAnswer: true }),
  ];
  const sorted = sortInbox(list).map((section) => [section.place, ...section.approvals.map(({ id }) => id)]);
  assert.deepEqual(sorted, [
    ['mine-to-answer', 'soon', 'late'],
    ['waiting', 'others'],
    ['settled', 'settled-new', 'settled-old'],
  ]);
});

test('sections with nothing in them are left out', () => {
  assert.deepEqual(sortInbox([]), []);
});

test('a change replaces its record, and a new record joins the list', () => {
  const list = [approval({ id: 'a' }), approval({ id: 'b' })];
  assert.deepEqual(
    mergeApproval(list, approval({ id: 'b', status: 'denied' })).map(({ id, status }) => `${id} ${status}`),
    ['a pending', 'b denied'],
  );
  assert.deepEqual(
    mergeApproval(list, approval({ id: 'c' })).map(({ id }) => id),
    ['c', 'a', 'b'],
  );
});

test('a state that came late does not take back what is known already', () => {
  const ran = [approval({ id: 'a', status: 'consumed' })];
  assert.equal(mergeApproval(ran, approval({ id: 'a', status: 'granted' }))[0]?.status, 'consumed');
  assert.equal(mergeApproval([approval({ id: 'a', status: 'granted' })], approval({ id: 'a', status: 'consumed' }))[0]?.status, 'consumed');
  assert.equal(mergeApproval([approval({ id: 'a', status: 'executing' })], approval({ id: 'a', status: 'indeterminate' }))[0]?.status, 'indeterminate');
});

test('a filter needs every word, in any of the fields', () => {
  assert.equal(matchesFilter(approval({}), 'SCIENTIST churn'), true);
  assert.equal(matchesFilter(approval({}), ''), true);
  assert.equal(matchesFilter(approval({}), 'scientist postgres'), false);
});
