import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Command } from '../core/command.ts';
import { HISTORY_FACTORS, type HistoryFactor } from '../core/history.ts';
import type { Decision } from '../core/decision.ts';
import type { Subject } from '../core/subject.ts';
import { explain } from './explain.ts';
import { commandOf, sessionOf, subjectOf, TARGET } from './fixtures.ts';
import { parseResources } from './resources.ts';
import { compilePolicy, type Snapshot } from './snapshot.ts';
import { whoCan } from './who-can.ts';

/** What must hold for every policy and every command, tried on some thousands; a failure names its seed. */
const ROUNDS = 200;
const QUESTIONS = 12;

/** Mulberry32: the same seed is the same policy on every machine. */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const NAMES = [
  'tools/list',
  'tools/call run',
  'tools/call RUN',
  'tools/call drop',
  'tools/call run_all',
  'resources/read file:///a',
  'sampling/createMessage',
  'unknown x',
];
const PATTERNS = [
  '*',
  'tools/*',
  'tools/call *',
  'tools/call run*',
  'tools/call run',
  'tools/call *drop',
  'resources/*',
  'sampling/createMessage',
  '*createMessage',
  'unknown *',
];
const SUBJECTS = ['*', 'group:a', 'group:b', 'person:ann', 'ai-agent:bot', 'workload:ci'];
const WHENS = ['args.n < 5', 'risk >= 40', 'risk > 55', 'has(args.n)', 'subject.kind == "person"', 'args.missing == 1', 'time.getHours() < 12'];
const ARGS = ['{}', '{"n":1}', '{"n":9}', '{"n":"x"}', '{"missing":1}', '{"n":9007199254740993}'];

class World {
  readonly #roll: () => number;
  #count = 0;

  constructor(seed: number) {
    this.#roll = dice(seed);
  }

  one<T>(items: readonly T[]): T {
    const item = items[Math.floor(this.#roll() * items.length)];
    assert.ok(item !== undefined);
    return item;
  }

  chance(p: number): boolean {
    return this.#roll() < p;
  }

  some<T>(items: readonly T[]): readonly T[] {
    return Array.from({ length: 1 + Math.floor(this.#roll() * 2) }, () => this.one(items));
  }

  shuffled<T>(items: readonly T[]): readonly T[] {
    return items
      .map((item) => [this.#roll(), item] as const)
      .toSorted(([a], [b]) => a - b)
      .map(([, item]) => item);
  }

  rule(kind?: 'allow' | 'deny'): object {
    const effect = kind ?? this.one(['allow', 'allow', 'review', 'deny'] as const);
    this.#count += 1;
    return {
      name: `rule-${this.#count}`,
      [effect]: this.some(PATTERNS),
      ...(this.chance(0.7) ? { subjects: this.some(SUBJECTS) } : {}),
      ...(this.chance(0.4) ? { when: this.one(WHENS) } : {}),
      ...(effect === 'review' && this.chance(0.5) ? { approval: { from: this.some(['group:a', 'group:leads']), quorum: 1 } } : {}),
      ...(effect !== 'deny' && this.chance(0.3) ? { limits: { concurrent: 1 + Math.floor(this.#roll() * 9) } } : {}),
    };
  }

  policies(): readonly Policy[] {
    return ['p', 'q', 'r'].slice(0, 1 + Math.floor(this.#roll() * 3)).map((name) => ({
      name,
      rules: Array.from({ length: Math.floor(this.#roll() * 5) }, () => this.rule()),
    }));
  }

  subject(): Subject {
    const kind = this.one(['person', 'ai-agent', 'workload'] as const);
    const groups = this.shuffled(['a', 'b']).slice(0, Math.floor(this.#roll() * 3));
    const own = subjectOf({ kind, name: this.one(['ann', 'bot', 'ci', 'eve']), groups });
    return kind === 'ai-agent' && this.chance(0.5) ? { ...own, onBehalfOf: subjectOf({ name: 'ann', groups: this.some(['a', 'b']) }) } : own;
  }

  command(): Command {
    const name = this.one(NAMES);
    const naming = name.startsWith('sampling') || name.startsWith('unknown') ? 'literal' : this.chance(0.1) ? 'handshake' : 'plain';
    const effects = this.chance(0.2) ? [name, this.one(NAMES)] : [name];
    const quarantine = this.chance(0.1) ? { quarantine: { answer: this.one(['deny', 'review'] as const), reason: 'changed' } } : {};
    return commandOf(name, this.one(ARGS), { naming, effects, traits: this.chance(0.3) ? { destructive: true } : {}, ...quarantine });
  }
}

interface Policy {
  readonly name: string;
  readonly rules: readonly object[];
}

function compile(policies: readonly Policy[], files: 'one' | 'each' = 'one'): Snapshot {
  const texts = policies.map((policy) => JSON.stringify({ kind: 'Policy', targets: ['models'], ...policy }));
  const one = [{ file: 'all.yaml', text: [TARGET, ...texts].join('\n---\n') }];
  return compilePolicy(parseResources(files === 'one' ? one : [...texts.map((text, at) => ({ file: `${at}.yaml`, text })), { file: 't.yaml', text: TARGET }]));
}

const NOW = new Date('2026-06-01T10:00:00Z');
const RANK = { allow: 0, review: 1, deny: 2 } as const;
const rank = ({ effect }: Decision): number => RANK[effect];
const ask = (snapshot: Snapshot, { subject, command, history }: Asked): Decision =>
  snapshot.decide(sessionOf(snapshot, subject), command, { now: NOW, history });

interface Asked {
  readonly subject: Subject;
  readonly command: Command;
  /** What the subject did before. */
  readonly history: readonly HistoryFactor[];
}

/** One world a seed; `check` is asked about several subjects and commands of it. */
function everywhere(check: (world: World, policies: readonly Policy[], question: Asked) => void): void {
  for (let seed = 1; seed <= ROUNDS; seed += 1) {
    const world = new World(seed);
    const policies = world.policies();
    for (let at = 0; at < QUESTIONS / 4; at += 1) {
      const question = { subject: world.subject(), command: world.command(), history: world.some(HISTORY_FACTORS) };
      try {
        check(world, policies, question);
      } catch (cause) {
        throw new Error(`seed ${seed}: ${JSON.stringify(policies)} ${JSON.stringify(question)}`, { cause });
      }
    }
  }
}

function withRule(world: World, policies: readonly Policy[], kind: 'allow' | 'deny'): readonly Policy[] {
  const rule = world.rule(kind);
  if (world.chance(0.3)) return [...policies, { name: 'added', rules: [rule] }];
  const chosen = world.one(policies);
  return policies.map((policy) => (policy === chosen ? { ...policy, rules: world.shuffled([...policy.rules, rule]) } : policy));
}

test('the worlds that are tried hold all kinds of answers', () => {
  const seen: Record<string, number> = { allow: 0, review: 0, deny: 0 };
  everywhere((_world, policies, question) => {
    const { effect } = ask(compile(policies), question);
    seen[effect] = (seen[effect] ?? 0) + 1;
  });
  for (const [effect, count] of Object.entries(seen)) assert.ok(count > 30, `${effect}: ${count}`);
});

test('an AI agent for a person gets nothing that the agent, or the person, would not get alone', () => {
  let allowed = 0;
  everywhere((world, policies, { command, history }) => {
    const snapshot = compile(policies);
    const person = subjectOf({ name: 'ann', groups: world.some(['a', 'b']) });
    const agent = subjectOf({ kind: 'ai-agent', name: 'bot', groups: world.some(['a', 'b']) });
    const both: Subject = { ...agent, onBehalfOf: person };
    const [together, ...alone] = [both, agent, person].map((subject) => ask(snapshot, { subject, command, history }));
    assert.ok(together);
    if (together.effect === 'allow') allowed += 1;
    for (const one of alone) assert.ok(rank(together) >= rank(one), `${one.effect} alone, ${together.effect} together`);
    const needed = (decision: Decision): readonly string[] => (decision.effect === 'review' ? decision.approvals.map(({ rule }) => rule) : []);
    if (together.effect === 'review')
      for (const rule of alone.flatMap(needed)) assert.ok(needed(together).includes(rule), `the approval of ${rule} is left out`);
    assert.equal(snapshot.mayReach(both, 'models'), snapshot.mayReach(agent, 'models') && snapshot.mayReach(person, 'models'));
    const listed = (subject: Subject): boolean => snapshot.mayList(sessionOf(snapshot, subject), command);
    assert.equal(listed(both), listed(agent) && listed(person));
  });
  assert.ok(allowed > 20, `allowed ${allowed} times`);
});

test('adding a deny rule never allows more', () => {
  everywhere((world, policies, question) => {
    const before = ask(compile(policies), question);
    const after = ask(compile(withRule(world, policies, 'deny')), question);
    assert.ok(rank(after) >= rank(before) || before.effect === after.effect, `${before.effect} became ${after.effect}`);
  });
});

test('adding an allow rule never denies more, and takes nothing away of what was allowed', () => {
  everywhere((world, policies, question) => {
    const before = ask(compile(policies), question);
    const after = ask(compile(withRule(world, policies, 'allow')), question);
    assert.ok(rank(after) <= rank(before), `${before.effect} became ${after.effect}`);
    if (before.effect === 'deny' || question.subject.onBehalfOf) return;
    // Whoever was admitted by one quota of each group still is.
    for (const group of after.quotas ?? []) {
      const wasBound = (before.quotas ?? []).some((old) => old.every((quota) => group.some(({ key }) => key === quota.key)));
      assert.ok(wasBound || before.effect !== after.effect, `a new limit: ${JSON.stringify(group)}`);
    }
  });
});

test('the order of rules, policies and files never matters', () => {
  everywhere((world, policies, question) => {
    const shuffled = world.shuffled(policies.map((policy) => ({ ...policy, rules: world.shuffled(policy.rules) })));
    const { policyVersion: _a, ...first } = ask(compile(policies), question);
    const { policyVersion: _b, ...second } = ask(compile(shuffled, 'each'), question);
    assert.deepEqual(second, first);
  });
});

test('explain agrees with decide, and says of some rule that it matched where one decided', () => {
  everywhere((_world, policies, question) => {
    const snapshot = compile(policies);
    const decision = ask(snapshot, question);
    const { client } = sessionOf(snapshot, question.subject);
    const { considered, ...explained } = explain(snapshot, { ...question, target: 'models', client, now: NOW });
    for (const key of ['effect', 'rule', 'reason', 'risk', 'masks', 'policyVersion'] as const) assert.deepEqual(explained[key], decision[key], key);
    const named = decision.rule.split(', ').filter((rule) => rule !== 'default' && rule !== 'quarantine');
    for (const name of named)
      assert.ok(
        considered.some(({ rule, matched }) => rule === name && matched),
        `${name} decided and did not match`,
      );
  });
});

test('who-can agrees with decide: what it says is always allowed is, what it says is denied is', () => {
  everywhere((_world, policies, { command }) => {
    const snapshot = compile(policies);
    const target = snapshot.compiled('models');
    assert.ok(target);
    const plain = { ...command };
    delete (plain as { quarantine?: unknown }).quarantine;
    const rows = whoCan(target, plain);
    const everybody = rows.find(({ who }) => who === '*');
    for (const row of rows) {
      if (!row.who.startsWith('group:')) continue;
      const member = subjectOf({ name: 'member', groups: [row.who.slice('group:'.length)] });
      const { effect } = ask(snapshot, { subject: member, command: plain, history: [] });
      const isPlain = row.when.length + row.unless.length + row.reviewWhen.length === 0 && (everybody?.when.length ?? 0) === 0;
      if (row.effect === 'deny') assert.equal(effect, 'deny', row.who);
      else if (isPlain) assert.equal(effect, row.effect, row.who);
    }
  });
});
