import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lintResources } from './check.ts';
import { resourcesOf, TARGET } from './fixtures.ts';

const warnings = (policies: string, target = TARGET): readonly string[] =>
  lintResources(resourcesOf(policies, target)).map(({ line, message }) => `${line}: ${message}`);
const rules = (...lines: readonly string[]): string => `kind: Policy\nname: p\ntargets: [models]\nrules:\n${lines.map((line) => `  - ${line}\n`).join('')}`;

test('a sound set has no warnings', () => {
  assert.deepEqual(warnings(rules('{ name: a, allow: [tools/list] }', '{ name: r, review: ["tools/call *"] }', '{ name: d, deny: [tools/call x] }')), []);
});

test('a policy that names no target, and a target that nobody may use', () => {
  assert.deepEqual(warnings('kind: Policy\nname: p\ntargets: [modles]\nrules: [{ name: a, allow: [tools/call x] }]\n'), [
    '9: no target is named by policy p',
    '2: nobody may use target models: no policy allows anything on it',
  ]);
});

test('a rule that a deny takes away entirely; not one that keeps a part, nor one under a condition', () => {
  assert.match(
    warnings(rules('{ name: a, allow: [tools/call drop_x, "tools/call DROP_*"] }', '{ name: d, deny: ["tools/call drop*"] }'))[0] ?? '',
    /11: the rule a never applies: d denies/,
  );
  assert.deepEqual(warnings(rules('{ name: a, allow: ["tools/call *"] }', '{ name: d, deny: ["tools/call drop*"] }')), []);
  assert.deepEqual(warnings(rules('{ name: a, allow: [tools/call x] }', '{ name: d, deny: [tools/call x], when: risk > 50 }')), []);
  assert.deepEqual(warnings(rules('{ name: a, allow: [tools/call x] }', '{ name: d, subjects: [group:ops], deny: [tools/call x] }')), []);
});

test('a review that nobody but the requester could grant', () => {
  assert.match(
    warnings(rules('{ name: r, subjects: [person:ann], review: [tools/call x], approval: { from: [person:ann] } }'))[0] ?? '',
    /can never be approved/,
  );
  assert.match(
    warnings(rules('{ name: r, review: [tools/call x], approval: { from: [person:ann, person:bob], quorum: 3 } }'))[0] ?? '',
    /can never be approved/,
  );
  assert.deepEqual(warnings(rules('{ name: r, review: [tools/call x], approval: { from: [person:ann, person:bob], quorum: 2 } }')), []);
});

test('a when on arguments over commands that have none', () => {
  assert.match(warnings(rules('{ name: a, allow: [tools/list, tools/call x], when: args.rows < 5 }'))[0] ?? '', /tools\/list has no arguments/);
  assert.match(warnings(rules('{ name: a, allow: [tools/call x] }', '{ name: d, deny: ["*"], when: args.rows > 5 }'))[0] ?? '', /handshake too/);
  assert.deepEqual(warnings(rules('{ name: a, allow: ["tools/call *"], when: args.rows < 5 }')), []);
});

test('a mask that everybody sees through, a target without owners', () => {
  const open = `${rules('{ name: a, allow: [tools/call x] }')}masks: [{ detect: [email], reveal: ["*"] }]\n`;
  assert.match(warnings(open)[0] ?? '', /everybody sees the original/);
  assert.match(warnings(rules('{ name: a, allow: [tools/call x] }'), TARGET.replace('owners: [group:owners]\n', ''))[0] ?? '', /has no owners/);
});

test('a pattern that no command of MCP is called by; not one that begins with a wildcard, nor a method of an extension', () => {
  const NOBODY = /no command has a name such as/;
  for (const pattern of ['run_model', 'tool/call x', 'tools/cal x', 'tools/call', 'tools/call run_(a|b)', 'tools/call a?', 'tools/call [ab]*'])
    assert.match(warnings(rules(`{ name: d, deny: ["${pattern}"] }`, '{ name: a, allow: [tools/list] }'))[0] ?? '', NOBODY, pattern);
  for (const pattern of ['*', 'tools/*', '*run_model', 'ping', 'TOOLS/CALL X', 'resources/read file:///a?b', 'com.example/thing', 'sampling/createMessage'])
    assert.deepEqual(warnings(rules(`{ name: d, review: ["${pattern}"] }`)), [], pattern);
});
