import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ApprovalAnswer } from '../core/approval.ts';
import type { ApprovalRequirement } from '../core/decision.ts';
import type { Subject } from '../core/subject.ts';
import { agentOf, askFor, lead, person, requirement, scientist, second, stranger } from './fixtures.ts';
import { isRequester, isSatisfied, mayAnswer, whoCan } from './quorum.ts';

const asked = (approvals: readonly ApprovalRequirement[], subject: Subject = scientist) => ({ subject, decision: askFor({ approvals }).decision });
const yes = (approver: Subject): ApprovalAnswer => ({ approver, answer: 'approve', reason: '', at: 1 });
const no = (approver: Subject): ApprovalAnswer => ({ approver, answer: 'deny', reason: '', at: 1 });

test('a member of the named group may answer, and a named person; nobody else may', () => {
  assert.equal(mayAnswer(asked([requirement()]), lead), true);
  assert.equal(mayAnswer(asked([requirement({ from: ['person:lead'] })]), lead), true);
  assert.equal(mayAnswer(asked([requirement({ from: ['person:lead'] })]), second), false);
  assert.equal(mayAnswer(asked([requirement()]), stranger), false);
  assert.equal(mayAnswer(asked([requirement({ from: ['*', 'group:*', 'person:*'] })]), lead), false);
});

test('the requester never counts, nor an agent of theirs, nor the person behind an agent that asked', () => {
  const own = asked([requirement()]);
  assert.equal(mayAnswer(own, scientist), false);
  assert.equal(mayAnswer(own, agentOf(scientist)), false);
  assert.equal(mayAnswer(asked([requirement()], agentOf(scientist)), scientist), false);
  assert.equal(mayAnswer(asked([requirement()], agentOf(scientist)), lead), true);
});

test('a second account of the requester does not count: same name, another issuer', () => {
  const twin: Subject = { ...scientist, id: 'other-id', issuer: 'https://idp.example.com', name: 'Scientist' };
  assert.equal(mayAnswer(asked([requirement()]), twin), false);
});

test('workloads and AI agents never approve, whatever groups they are in', () => {
  const workload: Subject = { ...lead, kind: 'workload', id: 'ci', name: 'ci' };
  assert.equal(mayAnswer(asked([requirement()]), workload), false);
  assert.equal(mayAnswer(asked([requirement()]), agentOf(lead)), false);
  assert.equal(isSatisfied(asked([requirement()]), [yes(workload), yes(agentOf(lead))]), false);
});

test('a quorum of two takes two persons: one person twice, or in two groups, or from two issuers, counts once', () => {
  const two = asked([requirement({ from: ['group:ml-leads', 'group:security'], quorum: 2 })]);
  assert.equal(isSatisfied(two, [yes(second)]), false);
  assert.equal(isSatisfied(two, [yes(second), yes(second)]), false);
  assert.equal(isSatisfied(two, [yes(second), yes({ ...second, id: 'x', issuer: 'https://idp.example.com' })]), false);
  assert.equal(isSatisfied(two, [yes(second), yes(lead)]), true);
});

test('every requirement needs its own quorum; a person that both name counts for both', () => {
  const both = asked([requirement(), requirement({ from: ['group:security'] })]);
  assert.equal(isSatisfied(both, [yes(lead)]), false);
  assert.equal(isSatisfied(both, [yes(lead), yes(person('guard', 'security'))]), true);
  assert.equal(isSatisfied(both, [yes(second)]), true);
});

test('a review that names no requirement is never satisfied, and a quorum of zero takes one', () => {
  assert.equal(isSatisfied(asked([]), [yes(lead)]), false);
  assert.equal(isSatisfied(asked([requirement({ quorum: 0 })]), []), false);
  assert.equal(isSatisfied(asked([requirement({ quorum: 0 })]), [yes(lead)]), true);
  assert.equal(isSatisfied(asked([requirement()]), [no(lead)]), false);
});

test('the requester and the person behind it are the requester; another agent of that person, or the same agent for another person, is not', () => {
  const byAgent = { subject: agentOf(scientist) };
  assert.equal(isRequester(byAgent, agentOf(scientist)), true);
  assert.equal(isRequester(byAgent, scientist), true);
  assert.equal(isRequester(byAgent, agentOf(lead)), false);
  assert.equal(isRequester({ subject: scientist }, agentOf(scientist)), false);
});

test('who can answer is said in words', () => {
  const { decision } = askFor({ approvals: [requirement({ quorum: 2 }), requirement({ from: ['group:security', 'person:ann'] })] });
  assert.equal(whoCan(decision), '2 of group:ml-leads and 1 of group:security, person:ann');
});
