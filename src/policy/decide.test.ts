import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commandOf, rulesOf, sessionOf, snapshotOf, subjectOf, TARGET } from './fixtures.ts';
import { makeCommand, type CommandParts } from '../core/command.ts';
import { subjectKey, type Subject } from '../core/subject.ts';

interface Case {
  readonly says: string;
  readonly rules: readonly string[];
  readonly command: string;
  readonly args?: string;
  readonly parts?: Partial<CommandParts>;
  readonly effect: 'allow' | 'deny' | 'review';
  readonly rule: string;
}

const ALL = '{ name: all, allow: ["*"] }';

const CASES: readonly Case[] = [
  { says: 'nothing matched is deny', rules: ['{ name: a, allow: [tools/list] }'], command: 'tools/call x', effect: 'deny', rule: 'default' },
  { says: 'an allow lets its command through', rules: ['{ name: a, allow: [tools/call x] }'], command: 'tools/call x', effect: 'allow', rule: 'a' },
  { says: 'deny beats allow', rules: [ALL, '{ name: d, deny: [tools/call x] }'], command: 'tools/call x', effect: 'deny', rule: 'd' },
  { says: 'deny beats review', rules: ['{ name: r, review: ["*"] }', '{ name: d, deny: [tools/call x] }'], command: 'tools/call x', effect: 'deny', rule: 'd' },
  { says: 'review beats allow', rules: [ALL, '{ name: r, review: [tools/call x] }'], command: 'tools/call x', effect: 'review', rule: 'r' },
  {
    says: 'a review without any allow is still only a review',
    rules: ['{ name: r, review: [tools/call x] }'],
    command: 'tools/call x',
    effect: 'review',
    rule: 'r',
  },
  {
    says: 'deny is matched without regard to case',
    rules: [ALL, '{ name: d, deny: [tools/call drop_*] }'],
    command: 'tools/call DROP_table',
    effect: 'deny',
    rule: 'd',
  },
  {
    says: 'deny is matched through full-width letters',
    rules: [ALL, '{ name: d, deny: [tools/call drop] }'],
    command: 'tools/call ｄｒｏｐ',
    effect: 'deny',
    rule: 'd',
  },
  {
    says: 'review is matched without regard to case',
    rules: [ALL, '{ name: r, review: [tools/call Drop_*] }'],
    command: 'tools/call drop_table',
    effect: 'review',
    rule: 'r',
  },
  { says: 'allow is matched exactly', rules: ['{ name: a, allow: [tools/call read] }'], command: 'tools/call READ', effect: 'deny', rule: 'default' },
  {
    says: 'a rule about another group does not allow',
    rules: ['{ name: a, subjects: [group:other], allow: ["*"] }'],
    command: 'tools/call x',
    effect: 'deny',
    rule: 'default',
  },
  {
    says: 'a rule about another group does not deny',
    rules: [ALL, '{ name: d, subjects: [group:other], deny: ["*"] }'],
    command: 'tools/call x',
    effect: 'allow',
    rule: 'all',
  },
  { says: 'a person is named by name', rules: ['{ name: a, subjects: [person:ann], allow: ["*"] }'], command: 'tools/call x', effect: 'allow', rule: 'a' },
  { says: 'a person is named by id', rules: ['{ name: a, subjects: ["person:7"], allow: ["*"] }'], command: 'tools/call x', effect: 'allow', rule: 'a' },
  {
    says: 'a workload of the same name is not the person',
    rules: ['{ name: a, subjects: [workload:ann], allow: ["*"] }'],
    command: 'tools/call x',
    effect: 'deny',
    rule: 'default',
  },
  {
    says: 'a tool called __proto__ is named by its own name only',
    rules: ['{ name: a, allow: [tools/call x] }'],
    command: 'tools/call __proto__',
    effect: 'deny',
    rule: 'default',
  },
  {
    says: 'a tool called constructor can be allowed',
    rules: ['{ name: a, allow: [tools/call constructor] }'],
    command: 'tools/call constructor',
    effect: 'allow',
    rule: 'a',
  },
  {
    says: 'allow must cover every effect',
    rules: ['{ name: a, allow: [read t] }'],
    command: 'sql',
    parts: { effects: ['read t', 'write u'] },
    effect: 'deny',
    rule: 'default',
  },
  {
    says: 'several rules may cover the effects together',
    rules: ['{ name: a, allow: [read t] }', '{ name: b, allow: [write u] }'],
    command: 'sql',
    parts: { effects: ['read t', 'write u'] },
    effect: 'allow',
    rule: 'a, b',
  },
  {
    says: 'one effect suffices for deny',
    rules: [ALL, '{ name: d, deny: [write u] }'],
    command: 'sql',
    parts: { effects: ['read t', 'write u'] },
    effect: 'deny',
    rule: 'd',
  },
  {
    says: 'one effect suffices for review where the others are allowed',
    rules: ['{ name: a, allow: [read t] }', '{ name: r, review: [write u] }'],
    command: 'sql',
    parts: { effects: ['read t', 'write u'] },
    effect: 'review',
    rule: 'r',
  },
  {
    says: 'review does not carry an effect that nothing covers',
    rules: ['{ name: r, review: [write u] }'],
    command: 'sql',
    parts: { effects: ['read t', 'write u'] },
    effect: 'deny',
    rule: 'default',
  },
  { says: 'a command without effects is never allowed', rules: [ALL], command: 'sql', parts: { effects: [] }, effect: 'deny', rule: 'default' },
  { says: 'a star does not name an unknown method', rules: [ALL], command: 'x/y', parts: { naming: 'literal' }, effect: 'deny', rule: 'default' },
  {
    says: 'a star in the first word does not name an unknown method',
    rules: ['{ name: a, allow: ["x/*"] }'],
    command: 'x/y',
    parts: { naming: 'literal' },
    effect: 'deny',
    rule: 'default',
  },
  { says: 'an unknown method may be named', rules: ['{ name: a, allow: [x/y] }'], command: 'x/y', parts: { naming: 'literal' }, effect: 'allow', rule: 'a' },
  {
    says: 'an unknown method may be named with a star in its second word',
    rules: ['{ name: a, allow: ["x/y *"] }'],
    command: 'x/y z',
    parts: { naming: 'literal' },
    effect: 'allow',
    rule: 'a',
  },
  {
    says: 'review by a star does not open an unknown method',
    rules: ['{ name: r, review: ["*"] }'],
    command: 'x/y',
    parts: { naming: 'literal' },
    effect: 'deny',
    rule: 'default',
  },
  {
    says: 'deny by a star also holds for an unknown method that is named',
    rules: ['{ name: a, allow: [x/y] }', '{ name: d, deny: ["*"] }'],
    command: 'x/y',
    parts: { naming: 'literal' },
    effect: 'deny',
    rule: 'd',
  },
  { says: 'a star never names the effect unknown', rules: [ALL], command: 'sql', parts: { effects: ['unknown'] }, effect: 'deny', rule: 'default' },
  {
    says: 'the handshake is open to whom a rule names',
    rules: ['{ name: a, allow: [tools/call x] }'],
    command: 'initialize',
    parts: { naming: 'handshake' },
    effect: 'allow',
    rule: 'a',
  },
  {
    says: 'the handshake is closed to whom no rule names',
    rules: ['{ name: a, subjects: [group:other], allow: ["*"] }'],
    command: 'initialize',
    parts: { naming: 'handshake' },
    effect: 'deny',
    rule: 'default',
  },
  {
    says: 'the handshake may be denied',
    rules: [ALL, '{ name: d, deny: [initialize] }'],
    command: 'initialize',
    parts: { naming: 'handshake' },
    effect: 'deny',
    rule: 'd',
  },
  {
    says: 'the handshake needs no approval',
    rules: ['{ name: r, review: ["*"] }'],
    command: 'initialize',
    parts: { naming: 'handshake' },
    effect: 'allow',
    rule: 'r',
  },
  {
    says: 'a true when allows',
    rules: ['{ name: a, allow: ["*"], when: args.rows <= 10 }'],
    command: 'tools/call x',
    args: '{"rows":10}',
    effect: 'allow',
    rule: 'a',
  },
  {
    says: 'a false when does not',
    rules: ['{ name: a, allow: ["*"], when: args.rows <= 10 }'],
    command: 'tools/call x',
    args: '{"rows":11}',
    effect: 'deny',
    rule: 'default',
  },
  {
    says: 'a failing when does not allow',
    rules: ['{ name: a, allow: ["*"], when: args.rows <= 10 }'],
    command: 'tools/call x',
    effect: 'deny',
    rule: 'default',
  },
  { says: 'a failing when denies', rules: [ALL, '{ name: d, deny: ["*"], when: args.rows > 10 }'], command: 'tools/call x', effect: 'deny', rule: 'd' },
  {
    says: 'a false when does not deny',
    rules: [ALL, '{ name: d, deny: ["*"], when: args.rows > 10 }'],
    command: 'tools/call x',
    args: '{"rows":1}',
    effect: 'allow',
    rule: 'all',
  },
  { says: 'a failing when reviews', rules: [ALL, '{ name: r, review: ["*"], when: args.rows > 10 }'], command: 'tools/call x', effect: 'review', rule: 'r' },
  {
    says: 'risk decides',
    rules: [ALL, '{ name: r, review: ["*"], when: risk >= 50 }'],
    command: 'tools/call x',
    parts: { traits: { destructive: true } },
    effect: 'review',
    rule: 'r',
  },
  { says: 'less risk passes', rules: [ALL, '{ name: r, review: ["*"], when: risk >= 50 }'], command: 'tools/call x', effect: 'allow', rule: 'all' },
];

for (const one of CASES) {
  test(`decide: ${one.says}`, () => {
    const snapshot = rulesOf(...one.rules);
    const decision = snapshot.decide(sessionOf(snapshot), commandOf(one.command, one.args, one.parts));
    assert.deepEqual([decision.effect, decision.rule], [one.effect, one.rule], decision.reason);
    assert.equal(decision.policyVersion, snapshot.version);
  });
}

test('a default deny says what to do next, a written message is passed on', () => {
  const snapshot = rulesOf('{ name: d, deny: [tools/call x], message: ask the data office }');
  assert.equal(snapshot.decide(sessionOf(snapshot), commandOf('tools/call x')).reason, 'ask the data office');
  assert.match(snapshot.decide(sessionOf(snapshot), commandOf('tools/call y')).reason, /no rule allows tools\/call y on models.*ask group:owners/);
});

test('of a command with several effects a default deny names those that no rule allows, and not more than can be read', () => {
  const snapshot = rulesOf('{ name: a, allow: [read:one, read:two] }');
  const reasonOf = (...effects: readonly string[]): string => {
    const [name = ''] = effects;
    return snapshot.decide(sessionOf(snapshot), makeCommand({ protocol: 'postgres', name, naming: 'literal', arguments: {}, effects })).reason;
  };
  assert.match(reasonOf('read:one', 'read:three', 'read:two', 'func:f'), /^no rule allows read:three, func:f on models:/);
  assert.match(reasonOf('read:one', ...Array.from({ length: 7 }, (_, n) => `read:t${n}`)), /allows read:t0, read:t1, read:t2, read:t3, read:t4 and 2 more on/);
});

test('all matching review rules add their requirement; the owners answer where a rule names nobody', () => {
  const snapshot = rulesOf(
    '{ name: r, review: ["*"] }',
    '{ name: s, review: [tools/call x], approval: { from: [group:security], quorum: 2, pending: 1h, usable: 90s, reason: required } }',
  );
  const decision = snapshot.decide(sessionOf(snapshot), commandOf('tools/call x'));
  assert.equal(decision.effect, 'review');
  assert.deepEqual(decision.effect === 'review' && decision.approvals, [
    { rule: 'r', from: ['group:owners'], quorum: 1, pendingMs: 1_800_000, usableMs: 900_000, reason: 'optional' },
    { rule: 's', from: ['group:security'], quorum: 2, pendingMs: 3_600_000, usableMs: 90_000, reason: 'required' },
  ]);
});

test('a subject without an id or a name matches nothing, not even a star', () => {
  const snapshot = rulesOf(ALL);
  assert.equal(snapshot.decide(sessionOf(snapshot, subjectOf()), commandOf('x')).effect, 'allow');
  for (const parts of [{ id: '' }, { name: '' }]) {
    const nobody = subjectOf(parts);
    assert.equal(snapshot.decide(sessionOf(snapshot, nobody), commandOf('x')).effect, 'deny');
    assert.equal(snapshot.mayReach(nobody, 'models'), false);
    assert.equal(snapshot.mayList(sessionOf(snapshot, nobody), commandOf('x')), false);
  }
});

test('an AI agent acting for a person gets no more than both may', () => {
  const snapshot = rulesOf(
    '{ name: people, subjects: [group:staff], allow: [tools/call a, tools/call b, tools/call c] }',
    '{ name: bots, subjects: ["ai-agent:bot"], allow: [tools/call a, tools/call d], review: [tools/call b] }',
  );
  const agent = subjectOf({ kind: 'ai-agent', id: '9', name: 'bot', groups: [], onBehalfOf: subjectOf() });
  const effect = (name: string): string => snapshot.decide(sessionOf(snapshot, agent), commandOf(name)).effect;
  assert.equal(effect('tools/call a'), 'allow');
  assert.equal(effect('tools/call b'), 'review');
  assert.equal(effect('tools/call c'), 'deny');
  assert.equal(effect('tools/call d'), 'deny');
  assert.equal(snapshot.mayList(sessionOf(snapshot, agent), commandOf('tools/call d')), false);
  const homeless = { ...agent, onBehalfOf: subjectOf({ groups: [] }) };
  assert.equal(snapshot.mayReach(homeless, 'models'), false);
});

test('what only the risk of an AI agent opens is not open to its person', () => {
  const snapshot = rulesOf('{ name: risky, allow: [tools/call x], when: risk >= 50 }');
  const person = subjectOf();
  const agent = subjectOf({ kind: 'ai-agent', id: '9', name: 'bot' });
  const effect = (subject: Subject): string => snapshot.decide(sessionOf(snapshot, subject), commandOf('tools/call x')).effect;
  assert.deepEqual([person, agent, { ...agent, onBehalfOf: person }].map(effect), ['deny', 'allow', 'deny']);
});

test('limits bind an AI agent by its own count and by that of the person behind it', () => {
  const target = `${TARGET}limits: { concurrent: 3 }\n`;
  const policy = 'kind: Policy\nname: p\ntargets: [models]\nrules:\n';
  const snapshot = snapshotOf(
    `${policy}  - { name: people, subjects: [group:staff], allow: [tools/call x], limits: { perDay: { calls: 9 } } }\n` +
      `  - { name: bots, subjects: ["ai-agent:bot"], allow: [tools/call x], limits: { rate: 5/m } }\n`,
    target,
  );
  const person = subjectOf();
  const agent = subjectOf({ kind: 'ai-agent', id: '9', name: 'bot', groups: [], onBehalfOf: person });
  const counted = (subject: Subject): readonly string[] =>
    (snapshot.decide(sessionOf(snapshot, subject), commandOf('tools/call x')).quotas ?? []).map(([quota]) => `${quota?.rule} ${quota?.subject ?? 'caller'}`);
  assert.deepEqual(counted(person), ['target caller', 'people caller']);
  assert.deepEqual(counted(agent), ['target caller', `target ${subjectKey(person)}`, 'bots caller', `people ${subjectKey(person)}`]);
});

test('a chain of agents that does not end is refused', () => {
  const snapshot = rulesOf(ALL);
  const loop = { ...subjectOf() };
  Object.assign(loop, { onBehalfOf: loop });
  assert.equal(snapshot.decide(sessionOf(snapshot, loop), commandOf('x')).effect, 'deny');
});

test('a list shows what could be permitted, and not what is denied without condition', () => {
  const snapshot = rulesOf(
    '{ name: a, allow: ["tools/call *"], when: args.rows <= 10 }',
    '{ name: d, deny: [tools/call secret] }',
    '{ name: e, deny: [tools/call late], when: time.getHours() > 18 }',
    '{ name: r, review: [other/x] }',
  );
  const listed = (name: string): boolean => snapshot.mayList(sessionOf(snapshot), commandOf(name));
  assert.deepEqual(['tools/call x', 'tools/call late', 'other/x'].map(listed), [true, true, true]);
  assert.deepEqual(['tools/call secret', 'tools/call SECRET', 'other/y'].map(listed), [false, false, false]);
});

test('a target that the snapshot does not have is denied, and a subject reaches only what names it', () => {
  const snapshot = rulesOf('{ name: d, deny: ["*"] }', '{ name: a, subjects: [group:ops], allow: [x] }');
  const elsewhere = { ...sessionOf(snapshot), target: { ...sessionOf(snapshot).target, name: 'constructor' } };
  assert.equal(snapshot.decide(elsewhere, commandOf('x')).effect, 'deny');
  assert.equal(snapshot.mayReach(subjectOf(), 'models'), false);
  assert.equal(snapshot.mayReach(subjectOf({ groups: ['ops'] }), 'models'), true);
  assert.equal(snapshot.mayReach(subjectOf({ groups: ['ops'] }), '__proto__'), false);
});

test('masks are those that the subject may not look through, and the same array for the same masks', () => {
  const policy =
    'kind: Policy\nname: p\ntargets: ["mod*"]\nrules: [{ name: a, allow: ["*"] }]\nmasks:\n  - { fields: ["$..password"] }\n  - { detect: [email], with: partial, reveal: [group:fraud] }\n';
  const snapshot = snapshotOf(policy);
  const masks = (...groups: string[]) => snapshot.decide(sessionOf(snapshot, subjectOf({ groups })), commandOf('x')).masks;
  assert.deepEqual(masks('staff'), [
    { fields: ['$..password'], detect: [], operator: 'redact' },
    { fields: [], detect: ['email'], operator: 'partial' },
  ]);
  assert.deepEqual(masks('fraud'), [{ fields: ['$..password'], detect: [], operator: 'redact' }]);
  assert.equal(masks('staff'), masks('other'));
  const agent = subjectOf({ kind: 'ai-agent', name: 'bot', groups: [], onBehalfOf: subjectOf({ groups: ['fraud'] }) });
  assert.equal(snapshot.masksFor(agent, 'models').length, 2);
});

test('the order of rules and of policies changes neither the answer nor who answers', () => {
  const one = 'kind: Policy\nname: a\ntargets: [models]\nrules: [{ name: x, allow: ["*"] }, { name: y, review: ["*"] }]\n';
  const turned = 'kind: Policy\nname: a\ntargets: [models]\nrules: [{ name: y, review: ["*"] }, { name: x, allow: ["*"] }]\n';
  const two = 'kind: Policy\nname: b\ntargets: [models]\nrules: [{ name: z, deny: [q] }, { name: w, deny: ["q*"] }]\n';
  const answers = [`${one}---\n${two}`, `${two}---\n${turned}`].map((text) => {
    const snapshot = snapshotOf(text);
    return ['p', 'q'].map((name) => ({ ...snapshot.decide(sessionOf(snapshot), commandOf(name)), policyVersion: '' }));
  });
  assert.deepEqual(answers[0], answers[1]);
  assert.equal(snapshotOf(`${one}---\n${two}`).version, snapshotOf(`${two}---\n${one}`).version);
});

test('the version changes with any change of the set', () => {
  const base = rulesOf(ALL).version;
  assert.match(base, /^[0-9a-f]{64}$/);
  assert.equal(base, rulesOf('{ allow: ["*"],   name: all } # the same').version);
  assert.notEqual(base, rulesOf('{ name: all, allow: ["**"] }').version);
});

test('a detail of a command may be refused by its name, and needs no allow', () => {
  const snapshot = rulesOf("{ name: readers, allow: ['read:public.*'] }", "{ name: no-pay, deny: ['read:public.staff[pay]'] }");
  const read = (...details: readonly string[]) => snapshot.decide(sessionOf(snapshot), commandOf('read:public.staff', '{}', { details })).effect;
  assert.equal(read('read:public.staff[name]'), 'allow');
  assert.equal(read('read:public.staff[name]', 'read:public.staff[pay]'), 'deny');
});
