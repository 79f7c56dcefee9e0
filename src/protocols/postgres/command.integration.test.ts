import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { boundOf } from '../../core/quota.ts';
import { parseResources } from '../../policy/resources.ts';
import { RISK_WEIGHTS, scoreRisk } from '../../policy/risk.ts';
import { compilePolicy } from '../../policy/snapshot.ts';
import { openTestDatabase, type TestDatabase } from '../../../test/support/sql-database.ts';
import { statementCommand } from './command.ts';

let database: TestDatabase;

before(async () => {
  database = await openTestDatabase('create table items (id int, name text)');
});
after(() => database.stop());

const commandOf = (text: string, parameters: readonly (string | null)[] = []) =>
  statementCommand({ text, analysis: database.analyse(text), parameters, searchPath: ['public'] });

const subject = { kind: 'person', id: '1', name: 'ann', groups: [], issuer: 'test' } as const;
const riskOf = (text: string): number => scoreRisk(commandOf(text), { subject, labels: {} }).score;

test('a statement is named by the most severe of its effects', () => {
  assert.equal(commandOf('select name from items').name, 'read:public.items');
  assert.equal(commandOf('with d as (delete from items returning id) select * from d').name, 'write:delete:public.items');
  assert.equal(commandOf(`select name from items; copy items to program 'x'`).name, 'exec:program');
  assert.equal(commandOf('gibberish').name, 'unknown');
});

test('columns are details: rules may refuse by them, and need not allow them', () => {
  const { effects, details } = commandOf('select name from items');
  assert.deepEqual(effects, ['read:public.items']);
  assert.deepEqual(details, ['read:public.items[name]']);
});

test('what is approved is the text, its parameters and what its names meant', () => {
  const one = commandOf('select name from items where id = $1', ['1']);
  assert.notEqual(one.digest, commandOf('select name from items where id = $1', ['2']).digest);
  const elsewhere = statementCommand({ text: 'select 1', analysis: database.analyse('select 1'), searchPath: ['other'] });
  assert.notEqual(elsewhere.digest, commandOf('select 1').digest);
  assert.match(one.definition, /^public\.items \d+$/);
});

test('risk follows what a statement does', () => {
  const order = [
    'select name from items',
    `set work_mem = '1MB'`,
    'insert into items values (1)',
    'update items set id = 1 where id = 2',
    'delete from items where id = 1',
    'drop table items',
    'grant select on items to public',
    `copy items to program 'x'`,
  ];
  const scores = order.map(riskOf);
  assert.deepEqual(
    scores,
    scores.toSorted((a, b) => a - b),
  );
  assert.equal(scores[0], RISK_WEIGHTS.read);
  assert.equal(riskOf('gibberish'), 100);
});

test('a write without a condition, several statements, and a text that is run weigh more', () => {
  assert.equal(riskOf('delete from items'), RISK_WEIGHTS.delete + RISK_WEIGHTS.unbounded);
  assert.equal(riskOf('select 1; delete from items where id = 1'), RISK_WEIGHTS.delete + RISK_WEIGHTS['several-statements']);
  assert.ok(riskOf(`do $$begin delete from items where id = 1; end$$`) >= RISK_WEIGHTS.program);
});

test('limits of rows and time come with the decision', () => {
  const text = `
kind: Target
name: db
protocol: postgres
address: postgres://127.0.0.1:5432/appdb
---
kind: Policy
name: p
targets: [db]
rules:
  - { name: few, allow: ['read:public.items'], limits: { rows: 100, runMs: 5000 } }
  - { name: one-column, deny: ['read:public.items[id]'] }
`;
  const snapshot = compilePolicy(parseResources([{ file: 'p.yaml', text }]));
  const target = snapshot.target('db');
  assert.ok(target);
  const session = { id: 's', subject, target, client: { address: '', userAgent: '', id: '' } };
  const decision = snapshot.decide(session, commandOf('select name from items'));
  assert.equal(decision.effect, 'allow');
  assert.equal(boundOf(decision.quotas ?? [], 'rows'), 100);
  assert.equal(boundOf(decision.quotas ?? [], 'runMs'), 5000);
  assert.equal(snapshot.decide(session, commandOf('select id from items')).effect, 'deny');
});
