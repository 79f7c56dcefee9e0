import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commandOf, rulesOf } from './fixtures.ts';
import { whoCan, type WhoCan } from './who-can.ts';

const snapshot = rulesOf(
  '{ name: readers, subjects: ["group:readers"], allow: ["tools/list", "tools/call get_*"] }',
  '{ name: small, subjects: ["group:makers"], allow: ["tools/call make"], when: "args.n < 10" }',
  '{ name: asked, subjects: ["group:makers"], review: ["tools/call drop"], approval: { from: ["group:leads"] } }',
  '{ name: risky, review: ["tools/call make"], when: "risk >= 90" }',
  '{ name: out, subjects: ["person:eve"], deny: ["*"] }',
  '{ name: shut, subjects: ["group:readers"], deny: ["tools/call get_secret"], when: "has(args.raw)" }',
);

function who(name: string, parts: Parameters<typeof commandOf>[2] = {}): Readonly<Record<string, WhoCan>> {
  const target = snapshot.compiled('models');
  assert.ok(target);
  return Object.fromEntries(whoCan(target, commandOf(name, '{}', parts)).map((one) => [one.who, one]));
}

test('who-can names each selector that a rule about the command names, and its effect', () => {
  const answer = who('tools/call get_metadata');
  assert.equal(answer['group:readers']?.effect, 'allow');
  assert.deepEqual(answer['group:readers']?.when, []);
  assert.equal(answer['person:eve']?.effect, 'deny');
  assert.equal(answer['group:makers'], undefined);
});

test('who-can says under which condition a command is allowed, held after all, or denied after all', () => {
  assert.deepEqual(who('tools/call make')['group:makers'], {
    who: 'group:makers',
    effect: 'allow',
    rules: ['small'],
    when: ['args.n < 10'],
    unless: [],
    reviewWhen: ['risk >= 90'],
    approvers: ['group:owners'],
  });
  assert.deepEqual(who('tools/call get_secret')['group:readers']?.unless, ['has(args.raw)']);
});

test('who-can names the approvers of what is only reviewed', () => {
  const held = who('tools/call drop')['group:makers'];
  assert.deepEqual([held?.effect, held?.approvers], ['review', ['group:leads']]);
});

test('who-can opens the handshake to whom a rule lets do anything, and an unknown word to nobody', () => {
  assert.equal(who('initialize', { naming: 'handshake' })['group:makers']?.effect, 'allow');
  assert.equal(who('initialize', { naming: 'handshake' })['person:eve']?.effect, 'deny');
  assert.deepEqual(Object.keys(who('shell/exec', { naming: 'literal' })), ['person:eve']);
});
