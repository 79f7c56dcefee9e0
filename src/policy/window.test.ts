import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeCommand } from '../core/command.ts';
import type { Subject } from '../core/subject.ts';
import { globsMeet } from '../core/glob.ts';
import { parseResources } from './resources.ts';
import { compilePolicy } from './snapshot.ts';
import { windowCovers } from './window.ts';

const TEXT = `
kind: Target
name: models
protocol: mcp
address: http://127.0.0.1:1/mcp
owners: [group:owners]
---
kind: Policy
name: models
targets: [models]
breakGlass: { by: [group:on-call], review: [group:security], longest: 30m }
rules:
  - { name: updates, subjects: [group:staff], review: [tools/call update_*], approval: { from: [group:leads] } }
  - { name: everything, subjects: [group:staff], review: ['*_production'] , approval: { from: [group:security] } }
  - { name: others, subjects: [group:guests], review: ['*'] }
`;
const snapshot = compilePolicy(parseResources([{ file: 'test.yaml', text: TEXT }]));
const person = (name: string, ...groups: string[]): Subject => ({ kind: 'person', id: name, name, groups, issuer: 'local' });
const rules = (subject: Subject, pattern: string) =>
  snapshot
    .windows('models')
    ?.requirements(subject, pattern)
    .map(({ rule }) => rule);

test('two patterns meet where one text matches both', () => {
  for (const [a, b] of [
    ['a*', '*b'],
    ['*', ''],
    ['a*c', 'ab*'],
    ['x', 'x'],
    ['**', '*'],
    ['a*b*c', 'a*c'],
  ] as const) {
    assert.ok(globsMeet(a, b), `${a} ${b}`);
    assert.ok(globsMeet(b, a), `${b} ${a}`);
  }
  for (const [a, b] of [
    ['a', 'b'],
    ['a*', 'b*'],
    ['*a', '*b'],
    ['a*c', 'ab'],
    ['', 'a'],
  ] as const) {
    assert.equal(globsMeet(a, b), false, `${a} ${b}`);
    assert.equal(globsMeet(b, a), false, `${b} ${a}`);
  }
});

test('a window takes the yes of every review rule that it might stand in for, and of no other', () => {
  const staff = person('ann', 'staff');
  assert.deepEqual(rules(staff, 'tools/call update_deployment'), ['updates']);
  assert.deepEqual(rules(staff, 'TOOLS/CALL UPDATE_DEPLOYMENT'), ['updates']);
  assert.deepEqual(rules(staff, 'tools/call *')?.toSorted(), ['everything', 'updates']);
  assert.deepEqual(rules(staff, 'tools/call read'), []);
  assert.deepEqual(rules(person('guest', 'guests'), 'tools/call read'), ['others']);
});

test('only named responders break glass, in their own name and within the time', () => {
  const windows = snapshot.windows('models');
  const responder = person('bob', 'on-call');
  assert.deepEqual(windows?.breakGlass(responder), { review: ['group:security'], longestMs: 30 * 60_000 });
  assert.equal(windows.breakGlass(person('ann', 'staff')), undefined);
  assert.equal(windows.breakGlass({ ...person('helper', 'on-call'), kind: 'ai-agent', onBehalfOf: responder }), undefined);
  assert.equal(snapshot.windows('absent'), undefined);
});

test('a window covers what its pattern and constraint name, and never what nobody understood', () => {
  const target = snapshot.target('models');
  assert.ok(target);
  const session = { id: 's', subject: person('ann', 'staff'), target, client: { address: '', userAgent: '', id: '' } };
  const window = { pattern: 'tools/call run_*', constraint: 'args.rows <= 10', durationMs: 1, reason: 'x' };
  const covers = (name: string, args: Readonly<Record<string, number>>, more: object = {}) =>
    windowCovers(window, session, { ...makeCommand({ protocol: 'mcp', name, naming: 'plain', arguments: args }), ...more }, 40, new Date());
  assert.ok(covers('tools/call run_model', { rows: 10 }));
  assert.equal(covers('tools/call run_model', { rows: 11 }), false);
  assert.equal(covers('tools/call run_model', {}), false);
  assert.equal(covers('tools/call RUN_model', { rows: 1 }), false);
  assert.equal(covers('tools/call delete_model', { rows: 1 }), false);
  assert.equal(covers('tools/call run_model', { rows: 1 }, { effects: ['tools/call run_model', 'tools/call delete_model'] }), false);
  assert.equal(covers('tools/call run_model', { rows: 1 }, { naming: 'literal' }), false);
  assert.equal(covers('tools/call run_model', { rows: 1 }, { effects: [] }), false);
});
