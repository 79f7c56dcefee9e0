import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeEvent, type EventSubject } from '../core/event.ts';
import { reviewAccess } from './access.ts';
import { parseResources } from './resources.ts';
import type { PastCommand } from './simulate.ts';

const RESOURCES = `
kind: Policy
name: models
targets: ['*']
rules:
  - name: reads
    subjects: [group:data-science, person:boss]
    allow: [tools/list, tools/call get_*]
  - name: changes
    subjects: [group:data-science]
    review: [tools/call Update_*]
    when: args.replicas < 10
  - name: never
    deny: [tools/call drop_all]
`;

const ADA: EventSubject = { id: 'ada', name: 'ada', kind: 'person', groups: ['data-science'], issuer: 'local' };
const BOT: EventSubject = { id: 'bot', name: 'bot', kind: 'ai-agent', groups: [], issuer: 'local', onBehalfOf: 'boss' };

function used(subject: EventSubject, name: string, kind: 'command.forwarded' | 'command.refused' = 'command.forwarded'): PastCommand {
  return { event: makeEvent(kind, { subject, command: { name, digest: '', flags: [] } }, new Date('2026-11-01T10:00:00Z')) };
}

async function review(...past: readonly PastCommand[]) {
  const { policies } = parseResources([{ file: 'p.yaml', text: RESOURCES }]);
  // oxlint-disable-next-line typescript/require-await -- the record is read bit by bit
  async function* read() {
    yield* past;
  }
  const grants = await reviewAccess(policies, read());
  return (who: string, pattern: string) => grants.find((grant) => grant.who === who && grant.pattern === pattern) ?? assert.fail(`no ${who} ${pattern}`);
}

test('what nobody used is advised to be taken away; what is used of a pattern is named, so that it can be narrowed', async () => {
  const of = await review(used(ADA, 'tools/call get_model'), used(ADA, 'tools/call get_model'), used(ADA, 'tools/list'));
  assert.deepEqual(of('group:data-science', 'tools/call get_*'), {
    policy: 'models',
    rule: 'reads',
    who: 'group:data-science',
    effect: 'allow',
    pattern: 'tools/call get_*',
    uses: 2,
    lastAt: '2026-11-01T10:00:00.000Z',
    usedBy: ['ada'],
    commands: ['tools/call get_model'],
    advice: 'narrow',
  });
  assert.equal(of('group:data-science', 'tools/list').advice, 'keep');
  assert.deepEqual([of('person:boss', 'tools/list').uses, of('person:boss', 'tools/list').advice], [0, 'take-away']);
});

test('a pattern of which many commands were used is kept', async () => {
  const of = await review(...[1, 2, 3, 4, 5, 6].map((n) => used(ADA, `tools/call get_${n}`)));
  const grant = of('group:data-science', 'tools/call get_*');
  assert.deepEqual([grant.uses, grant.commands.length, grant.advice], [6, 5, 'keep']);
});

test('a refused command is no use of a right; review matches without regard to case, as it does when it holds', async () => {
  const of = await review(used(ADA, 'tools/call update_deployment'), used(ADA, 'tools/list', 'command.refused'));
  assert.deepEqual([of('group:data-science', 'tools/list').uses, of('group:data-science', 'tools/call Update_*').uses], [0, 1]);
  assert.equal(of('group:data-science', 'tools/call Update_*').when, 'args.replicas < 10');
});

test('an AI agent that acts for somebody uses that person’s right', async () => {
  const of = await review(used(BOT, 'tools/list'));
  assert.deepEqual([of('person:boss', 'tools/list').uses, of('group:data-science', 'tools/list').uses], [1, 0]);
});
