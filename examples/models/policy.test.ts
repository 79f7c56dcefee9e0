import assert from 'node:assert/strict';
import { join } from 'node:path';
import test from 'node:test';
import { makeCommand } from '../../src/core/command.ts';
import type { JsonValue } from '../../src/core/json.ts';
import type { Subject } from '../../src/core/subject.ts';
import { loadResources } from '../../src/policy/resources.ts';
import { compilePolicy } from '../../src/policy/snapshot.ts';

const snapshot = compilePolicy(await loadResources(join(import.meta.dirname, 'resources')));
const subject = (name: string, kind: Subject['kind'], group: string): Subject => ({ kind, id: name, name, groups: [group], issuer: 'demo' });
const SUBJECTS = {
  ci: subject('ci', 'workload', 'ci'),
  scientist: subject('scientist', 'person', 'data-science'),
  lead: subject('lead', 'person', 'ml-leads'),
};

function decide(who: keyof typeof SUBJECTS, tool: string, args: JsonValue = {}) {
  const target = snapshot.target('models');
  assert.ok(target);
  const session = { id: 'test', subject: SUBJECTS[who], target, client: { address: '127.0.0.1', userAgent: '', id: '' } };
  const command = makeCommand({ protocol: 'mcp', name: `tools/call ${tool}`, naming: 'plain', arguments: args });
  return snapshot.decide(session, command);
}

/** The table of README.md. */
const TABLE = {
  list_models: { ci: 'deny', scientist: 'allow', lead: 'allow' },
  get_model_metadata: { ci: 'allow', scientist: 'allow', lead: 'allow' },
  list_api_keys: { ci: 'deny', scientist: 'allow', lead: 'deny' },
  update_deployment: { ci: 'deny', scientist: 'review', lead: 'deny' },
  delete_model: { ci: 'deny', scientist: 'review', lead: 'deny' },
  read_training_data: { ci: 'deny', scientist: 'deny', lead: 'deny' },
} as const;

for (const [tool, row] of Object.entries(TABLE)) {
  for (const [who, effect] of Object.entries(row)) {
    test(`${tool} by ${who}: ${effect}`, () => {
      assert.equal(decide(who as keyof typeof row, tool).effect, effect); // the keys of a constant
    });
  }
}

test('a scientist runs a model on up to 10,000 rows, and on no more; nobody else runs one', () => {
  assert.equal(decide('scientist', 'run_model', { model: 'churn', rows: 10_000 }).effect, 'allow');
  assert.equal(decide('scientist', 'run_model', { model: 'churn', rows: 10_001 }).effect, 'deny');
  assert.equal(decide('lead', 'run_model', { model: 'churn', rows: 1 }).effect, 'deny');
});

test('who asks for training data is told where to ask instead', () => {
  const { rule, reason } = decide('scientist', 'read_training_data');
  assert.deepEqual([rule, reason], ['nobody-reads-raw-training-data', 'ask the data office for an extract']);
});

test('a held change names the leads as its approvers', () => {
  const decision = decide('scientist', 'delete_model', { model: 'churn' });
  assert.ok(decision.effect === 'review');
  assert.deepEqual(decision.approvals[0]?.from, ['group:ml-leads']);
});
