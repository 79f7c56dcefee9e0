import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commandOf, problemsOf, rulesOf, sessionOf, snapshotOf, TARGET } from './fixtures.ts';
import { readRate } from './quota.ts';

const decided = (snapshot: ReturnType<typeof rulesOf>, name = 'tools/call run') => snapshot.decide(sessionOf(snapshot), commandOf(name));

test('the limits of the rule that lets a command through come with the decision', () => {
  const decision = decided(
    rulesOf('{ name: a, allow: ["tools/call run"], limits: { rate: 60/m, perDay: { calls: 5, bytes: 9 }, replyBytes: 7, concurrent: 2 } }'),
  );
  assert.deepEqual(decision.quotas, [
    [{ rule: 'a', key: 'p/a', rate: { count: 60, perMs: 60_000 }, callsPerDay: 5, bytesPerDay: 9, replyBytes: 7, concurrent: 2 }],
  ]);
});

test('one more rule that allows the same never takes anything away', () => {
  const limited = '{ name: a, allow: ["tools/call run"], limits: { rate: 1/m } }';
  assert.equal(decided(rulesOf(limited, '{ name: b, allow: ["tools/*"] }')).quotas, undefined);
  const both = decided(rulesOf(limited, '{ name: b, allow: ["tools/*"], limits: { rate: 9/m } }')).quotas;
  assert.deepEqual(
    both?.map((group) => group.map(({ rule }) => rule)),
    [['a', 'b']],
  );
  assert.notEqual(
    decided(rulesOf(limited, '{ name: b, subjects: ["person:eve"], allow: ["*"] }')).quotas,
    undefined,
    'a rule about somebody else adds nothing',
  );
});

test('limits of a review restrict, whatever else allows it; a denial carries none', () => {
  const held = decided(rulesOf('{ name: a, allow: ["*"] }', '{ name: h, review: ["tools/call run"], limits: { concurrent: 1 } }'));
  assert.deepEqual([held.effect, held.quotas?.[0]?.[0]?.rule], ['review', 'h']);
  assert.equal(decided(rulesOf('{ name: a, allow: ["*"], limits: { concurrent: 1 } }', '{ name: d, deny: ["*"] }')).quotas, undefined);
});

test('a command takes from a limit once, however many of its effects it bounds', () => {
  const snapshot = rulesOf('{ name: a, allow: ["*"], limits: { concurrent: 1 } }', '{ name: h, review: ["tools/call drop"], limits: { concurrent: 2 } }');
  const decide = (...effects: string[]) =>
    snapshot.decide(sessionOf(snapshot), commandOf('x', '{}', { effects })).quotas?.map((group) => group.map(({ rule }) => rule));
  assert.deepEqual(decide('tools/call one', 'tools/call two'), [['a']]);
  assert.deepEqual(decide('tools/call drop'), [['h']]);
  assert.deepEqual(decide('tools/call drop', 'tools/call one'), [['h'], ['a']]);
});

test("a target's own limits bound everybody on everything but the handshake", () => {
  const snapshot = snapshotOf('kind: Policy\nname: p\ntargets: [models]\nrules: [{ name: a, allow: ["*"] }]', `${TARGET}limits: { depth: 9, rate: 5/s }\n`);
  assert.deepEqual(decided(snapshot).quotas, [[{ rule: 'target', key: 'target', rate: { count: 5, perMs: 1000 } }]]);
  assert.equal(snapshot.target('models')?.limits.depth, 9);
  const handshake = snapshot.decide(sessionOf(snapshot), commandOf('ping', '{}', { naming: 'handshake' }));
  assert.deepEqual([handshake.effect, handshake.quotas], ['allow', undefined]);
});

test('a limit that cannot be read is refused with its place', () => {
  for (const limits of ['{ rate: 60 }', '{ rate: 0/m }', '{ rate: 5/week }', '{ perDay: {} }', '{}', '{ calls: 5 }', '{ concurrent: 0 }']) {
    const text = `${TARGET}---\nkind: Policy\nname: p\ntargets: [models]\nrules:\n  - { name: a, allow: ["*"], limits: ${limits} }\n`;
    assert.equal(problemsOf(text)[0]?.line, 11, limits);
  }
  assert.match(
    problemsOf(`${TARGET}---\nkind: Policy\nname: p\ntargets: [models]\nrules:\n  - { name: a, deny: ["*"], limits: { concurrent: 1 } }\n`)[0]?.message ?? '',
    /lets nothing through/,
  );
  assert.equal(readRate('1/d'), undefined);
});
