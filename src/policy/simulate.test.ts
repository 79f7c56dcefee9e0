import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commandParts, decisionParts, makeEvent, sessionParts, type EventParts } from '../core/event.ts';
import type { Command } from '../core/command.ts';
import { commandOf, rulesOf, sessionOf, subjectOf } from './fixtures.ts';
import { simulate, type PastCommand, type Recall } from './simulate.ts';

const BEFORE = [
  '{ name: readers, subjects: ["group:staff"], allow: ["tools/call get"] }',
  '{ name: makers, subjects: ["group:staff"], allow: ["tools/call make"], when: "args.n < 100" }',
];
const before = rulesOf(...BEFORE);

/** The request is kept as the command's arguments. */
const recall: Recall = ({ name, request }) => commandOf(name, request);

function past(command: Command, request: string | undefined, more: EventParts = {}, subject = subjectOf(), at = new Date()): PastCommand {
  const session = sessionOf(before, subject);
  const decision = before.decide(session, command, { now: at });
  const kind = decision.effect === 'allow' ? 'command.forwarded' : 'command.refused';
  const event = makeEvent(kind, { ...sessionParts(session), ...commandParts(command), ...decisionParts(decision), ...more }, at);
  return { event, ...(request === undefined ? {} : { request }) };
}

const call = (name: string, args = '{}', more: EventParts = {}): PastCommand => past(commandOf(`tools/call ${name}`, args), args, more);

async function* each(commands: readonly PastCommand[]): AsyncIterable<PastCommand> {
  yield* commands;
}
const run = (rules: readonly string[], ...commands: readonly PastCommand[]) => simulate(rulesOf(...rules), each(commands), recall);

test('the same policy decides nothing else', async () => {
  const report = await run(BEFORE, call('get'), call('make', '{"n":1}'), call('make', '{"n":1000}'), call('other'));
  assert.deepEqual([report.commands, report.differing, report.skipped, report.differences], [4, 0, 0, []]);
  assert.equal(report.policyVersion, before.version);
});

test('a changed policy: every decision that differs is listed with its counts, the same change once', async () => {
  const changed = [BEFORE[0] ?? '', '{ name: makers, subjects: ["group:staff"], review: ["tools/call make"], when: "args.n >= 10" }'];
  const report = await run(changed, call('get'), call('make', '{"n":50}'), call('make', '{"n":60}'), call('make', '{"n":1}'), call('other'));
  assert.deepEqual([report.commands, report.differing], [5, 3]);
  assert.deepEqual(report.counts, { 'allow -> review': 2, 'allow -> deny': 1 });
  const [most] = report.differences;
  assert.deepEqual([most?.subject, most?.target, most?.command, most?.count], ['person:ann', 'models', 'tools/call make', 2]);
  assert.deepEqual(most?.before, { effect: 'allow', rule: 'makers' });
  assert.deepEqual([most?.after.effect, most?.after.rule, most?.uncertain], ['review', 'makers', false]);
});

test('another rule with the same effect is told apart from another effect', async () => {
  const report = await run(['{ name: everything, subjects: ["group:staff"], allow: ["*"] }'], call('get'));
  assert.deepEqual(report.counts, { 'allow by another rule': 1 });
});

test('the time and the risk are those of then', async () => {
  const rules = [
    ...BEFORE,
    '{ name: night, deny: ["tools/call get"], when: "time.getHours() < 6" }',
    '{ name: risky, deny: ["tools/call make"], when: "risk >= 55" }',
  ];
  const at = (hour: number) => past(commandOf('tools/call get'), '{}', {}, subjectOf(), new Date(Date.UTC(2026, 5, 1, hour)));
  const risky = commandOf('tools/call make', '{"n":1}', { traits: { destructive: true } });
  const report = await run(rules, at(3), at(12), past(risky, '{"n":1}'), call('make', '{"n":1}'));
  assert.deepEqual(
    report.differences.map(({ after, command }) => [command, after.rule]),
    [
      ['tools/call get', 'night'],
      ['tools/call make', 'risky'],
    ],
  );
});

test('what the record does not hold makes an answer uncertain, and what no policy decided is not replayed', async () => {
  const masked = call('get', '{}', { masks: [{ by: 'detector', name: 'secret', count: 1 }] });
  const agent = past(commandOf('tools/call get'), '{}', {}, subjectOf({ kind: 'ai-agent', onBehalfOf: subjectOf({ name: 'bob', groups: [] }) }));
  const denyAll = ['{ name: none, deny: ["*"] }'];
  for (const one of [masked, agent, past(commandOf('tools/call get'), undefined)]) assert.equal((await run(denyAll, one)).differences[0]?.uncertain, true);
  const decision = { effect: 'deny', rule: 'quarantine', reason: '', policyVersion: '', risk: { score: 0, factors: [] } } as const;
  assert.partialDeepStrictEqual(await run(denyAll, call('get', '{}', { decision })), { commands: 0, skipped: 1 });
});

test('on a target that is gone everything is denied', async () => {
  const report = await run(BEFORE, call('get', '{}', { target: 'gone' }));
  assert.deepEqual(report.counts, { 'allow -> deny': 1 });
});
