import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeCommand } from '../core/command.ts';
import { rulesOf } from './fixtures.ts';
import { parsePolicyTests } from './policy-test-file.ts';
import { runPolicyTests } from './policy-test.ts';
import { ResourcesError } from './problem.ts';
import type { Suppose } from './supposed.ts';

const suppose: Suppose = ({ protocol, name, args, traits = {} }) => makeCommand({ protocol, name, naming: 'plain', arguments: args, traits });
const snapshot = rulesOf(
  '{ name: small, subjects: ["group:staff"], allow: ["tools/call run"], when: "args.n < 10" }',
  '{ name: held, subjects: ["group:staff"], review: ["tools/call drop"], approval: { from: ["group:leads"] } }',
  '{ name: never, deny: ["tools/call shell"], message: "not here" }',
);

function run(...cases: readonly string[]) {
  const text = `target: models\ncases:\n${cases.map((one) => `  - ${one}\n`).join('')}`;
  return runPolicyTests(snapshot, parsePolicyTests([{ file: 'x.test.yaml', text }]), suppose);
}

test('cases that hold pass: effect, rule, part of the reason, risk and approvers', () => {
  const report = run(
    '{ subject: "person:ann", groups: [staff], command: tools/call run, args: { n: 9 }, expect: allow }',
    '{ subject: "person:ann", groups: [staff], command: tools/call run, args: { n: 10 }, expect: { effect: deny, rule: default } }',
    '{ subject: "ai-agent:bot", actsFor: { subject: "person:ann", groups: [staff] }, command: tools/call run, args: { n: 9 }, expect: deny }',
    '{ subject: "person:ann", groups: [staff], command: tools/call drop, expect: { effect: review, approvers: ["group:leads"], risk: { min: 1, max: 50 } } }',
    '{ subject: "person:ann", groups: [staff], command: tools/call drop, tool: { destructive: true }, expect: { risk: 55 } }',
    '{ subject: "person:ann", command: tools/call shell, expect: { rule: never, reason: not here, masks: [] } }',
  );
  assert.deepEqual(
    report.cases.flatMap(({ wrong }) => wrong),
    [],
  );
  assert.deepEqual([report.passed, report.failed], [6, 0]);
});

test('a case that does not hold fails with what was expected, what came, and where it stands', () => {
  const report = run(
    '{ subject: "person:ann", groups: [staff], command: tools/call run, args: { n: 10 }, expect: allow }',
    '{ subject: "person:ann", groups: [staff], command: tools/call drop, expect: { rule: small, approvers: ["group:staff"], masks: [email] } }',
    '{ subject: "person:ann", target: nowhere, command: tools/call run, expect: deny }',
  );
  assert.deepEqual([report.passed, report.failed], [0, 3]);
  const [first, second, third] = report.cases;
  assert.match(first?.wrong[0] ?? '', /expected allow, got deny by default/);
  assert.equal(first?.place, 'x.test.yaml:3:5');
  assert.deepEqual(second?.wrong, [
    'expected the rule small, got held',
    'expected approval by group:staff, got group:leads',
    'expected the masks email, got none',
  ]);
  assert.deepEqual(third?.wrong, ['there is no target nowhere']);
});

test('a test file with a slip is refused with its place, so that no case is silently left out', () => {
  const parse = (text: string) => () => parsePolicyTests([{ file: 'x.test.yaml', text }]);
  assert.throws(
    parse('cases:\n  - { subject: ann, command: a b, expects: allow }\n'),
    (error) => error instanceof ResourcesError && /expects/.test(error.message),
  );
  assert.throws(parse('cases: []\n'), ResourcesError);
  assert.throws(parse('cases:\n  - { subject: "robot:x", command: a, expect: allow }\n'), /write person:NAME/);
  assert.throws(parse('cases:\n  - { subject: "person:x", command: a, expect: {} }\n'), ResourcesError);
});
