import assert from 'node:assert/strict';
import { test } from 'node:test';
import { explain } from './explain.ts';
import { commandOf, rulesOf, sessionOf, subjectOf } from './fixtures.ts';

const NOW = new Date('2026-11-21T12:00:00Z');

test('explain says how every rule stood', () => {
  const snapshot = rulesOf(
    '{ name: a, allow: ["*"] }',
    '{ name: b, subjects: [group:ops], deny: ["*"] }',
    '{ name: c, deny: [tools/call y] }',
    '{ name: d, review: ["*"], when: risk > 90 }',
    '{ name: e, allow: ["*"], when: args.rows < 5 }',
    '{ name: f, deny: ["*"], when: args.rows < 5 }',
  );
  const answer = explain(snapshot, { subject: subjectOf(), target: 'models', command: commandOf('tools/call x'), now: NOW });
  assert.deepEqual([answer.effect, answer.rule, answer.policyVersion], ['deny', 'f', snapshot.version]);
  assert.deepEqual(
    answer.considered.map(({ rule, matched, why }) => [rule, matched, why]),
    [
      ['a', true, 'allow'],
      ['b', false, 'it is not about this subject'],
      ['c', false, 'no pattern of it names the command'],
      ['d', false, 'its when is false'],
      ['e', false, 'its when failed, which counts as false for allow'],
      ['f', true, 'deny: its when failed, which counts as true for deny and review'],
    ],
  );
});

test('explain agrees with decide on random rules and commands', () => {
  let seed = 7;
  const pick = <T>(items: readonly T[]): T => {
    seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff;
    // The index is below the length, and the lists here are not empty.
    return items[(seed >> 8) % items.length] as T;
  };
  const seen = new Set<string>();
  for (let i = 0; i < 300; i += 1) {
    const rules = Array.from({ length: 4 }, (_, n) => {
      const effect = `${pick(['allow', 'deny', 'review', 'allow'])}: ["${pick(['*', 'tools/call *', 'tools/call a', 'tools/*', 'b *'])}"]`;
      return `{ name: r${n}, ${pick(['', 'subjects: [group:staff], ', 'subjects: [group:ops], '])}${effect}${pick(['', ', when: args.n > 1', ', when: risk > 30'])} }`;
    });
    const snapshot = rulesOf(...rules);
    const command = commandOf(pick(['tools/call a', 'tools/call b', 'b x']), pick(['{}', '{"n":1}', '{"n":2}']), {
      naming: pick(['plain', 'literal', 'handshake']),
    });
    const subject = subjectOf({ groups: [pick(['staff', 'ops', 'none'])] });
    const { considered, ...answer } = explain(snapshot, { subject, target: 'models', command, now: NOW });
    const decision = snapshot.decide(sessionOf(snapshot, subject), command, { now: NOW });
    assert.deepEqual(answer, Object.fromEntries(Object.keys(answer).map((key) => [key, decision[key as keyof typeof decision]])));
    if (answer.effect !== 'deny' || answer.rule !== 'default')
      assert.ok(
        considered.some((one) => one.matched && answer.rule.includes(one.rule)),
        JSON.stringify([rules, considered, answer]),
      );
    seen.add(answer.effect);
  }
  assert.deepEqual([...seen].toSorted(), ['allow', 'deny', 'review']);
});

test('adding a deny never allows more, adding an allow never denies more', () => {
  const base = ['{ name: a, allow: ["tools/*"] }', '{ name: r, review: ["tools/call b*"] }', '{ name: d, deny: ["tools/call c*"] }'];
  const rank = { deny: 0, review: 1, allow: 2 };
  for (const pattern of ['*', 'tools/*', 'tools/call b1', 'x *', 'x']) {
    for (const name of ['tools/call a', 'tools/call b1', 'tools/call c1', 'x y', 'x']) {
      for (const naming of ['plain', 'literal', 'handshake'] as const) {
        const effectWith = (...extra: readonly string[]): number => {
          const snapshot = rulesOf(...base, ...extra);
          return rank[snapshot.decide(sessionOf(snapshot), commandOf(name, '{}', { naming })).effect];
        };
        assert.ok(effectWith(`{ name: z, deny: ["${pattern}"] }`) <= effectWith(), `${pattern} ${name}`);
        assert.ok(effectWith(`{ name: z, allow: ["${pattern}"] }`) >= effectWith(), `${pattern} ${name}`);
      }
    }
  }
});

test('a target that is not there is explained as a deny', () => {
  const answer = explain(rulesOf('{ name: a, allow: ["*"] }'), { subject: subjectOf(), target: 'nowhere', command: commandOf('x') });
  assert.deepEqual([answer.effect, answer.rule, answer.considered], ['deny', 'default', []]);
});
