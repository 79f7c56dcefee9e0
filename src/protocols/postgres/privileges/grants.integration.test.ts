import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { DatabaseError } from 'pg';
import { parseResources } from '../../../policy/resources.ts';
import { compilePolicy } from '../../../policy/snapshot.ts';
import { openTestDatabase, type TestDatabase } from '../../../../test/support/sql-database.ts';
import { grantScript } from './grants.ts';
import { impliedPrivileges } from './implied.ts';
import { readSerials } from './serials.ts';

const SCHEMA = `
  create schema payroll; create schema "Odd ""names";
  create table users (id int primary key, name text, ssn text);
  create table orders (id serial primary key, user_id int, total numeric);
  create table payroll.wages (id int, amount numeric);
  create table "Odd ""names"."se;lect" (id int);
  create view totals as select user_id, sum(total) as total from orders group by 1;
  create view wages_of_all as select amount from payroll.wages;
  create function add_tax(n numeric) returns numeric language sql immutable as $$ select n * 1.2 $$;
  create function wipe(i int) returns boolean language plpgsql as $$ begin delete from orders where user_id = i; return true; end $$;
  revoke execute on all functions in schema public from public;
  insert into users values (1, 'ann', '078-05-1120'); insert into orders (user_id, total) values (1, 10);
`;

const RULES = `
kind: Target
name: shop
protocol: postgres
address: postgres://127.0.0.1:5432/shop
credential: { login: { user: app, password: { env: APP_PASSWORD } } }
---
kind: Policy
name: p
targets: [shop]
rules:
  - name: reads
    subjects: [group:analysts]
    allow: ['read:public.*', 'read:Odd_"names.*', func:public.add_tax, read]
  - name: orders
    subjects: [group:analysts]
    allow: ['write:insert:public.orders']
  - name: changes
    subjects: [group:analysts]
    review: ['write:update:public.orders', 'exec:program']
    approval: { from: [group:leads] }
  - name: ssn
    subjects: [group:analysts]
    deny: ['read:public.users[ssn]']
`;

let database: TestDatabase;
before(async () => {
  database = await openTestDatabase(SCHEMA);
});
after(() => database.stop());

const subject = { kind: 'person', id: '1', name: 'ann', groups: ['analysts'], issuer: 'test' } as const;

async function scriptFor(rules: string): Promise<string> {
  const snapshot = compilePolicy(parseResources([{ file: 'p.yaml', text: rules }]));
  const target = snapshot.target('shop');
  assert.ok(target);
  const session = { id: 's', subject, target, client: { address: '', userAgent: '', id: '' } };
  const serials = await readSerials(async (text) => String((await database.client.query<unknown[]>({ text, rowMode: 'array' })).rows[0]?.[0]));
  const { catalog, grammar } = database;
  const implied = impliedPrivileges({ catalog, grammar, serials, may: (command) => snapshot.mayList(session, command) });
  return grantScript(implied, 'analyst', catalog);
}

/** What the server says to a statement of the role. */
async function codeOf(statement: string): Promise<string> {
  await database.client.query('begin');
  try {
    await database.client.query('set local role analyst');
    await database.client.query(statement);
    return 'ok';
  } catch (error) {
    return (error instanceof DatabaseError && error.code) || String(error);
  } finally {
    await database.client.query('rollback');
  }
}

test('the role that a policy implies runs what the policy lets through, held or not, and the server refuses it the rest', async () => {
  const script = await scriptFor(RULES);
  await database.client.query(script);
  const allowed = [
    'select id, name from users',
    'select * from orders',
    'select * from totals',
    'select * from "Odd ""names"."se;lect"',
    'insert into orders (user_id, total) values (2, 5)',
    'update orders set total = 3',
    'select add_tax(1)',
  ];
  const refused = [
    'select ssn from users',
    'select * from users',
    'select * from payroll.wages',
    'select * from wages_of_all',
    'delete from orders',
    'truncate orders',
    'insert into users values (2)',
    'select wipe(1)',
    'create table public.mine (id int)',
    'drop table orders',
  ];
  for (const statement of allowed) assert.equal(await codeOf(statement), 'ok', statement);
  for (const statement of refused) assert.equal(await codeOf(statement), '42501', statement);
  assert.match(script, /^-- The policy lets exec:program through, which takes pg_execute_server_program: not granted here\.$/m);
  assert.ok(!script.includes('file:read'));
});

test('where nothing is allowed, the role may connect and no more', async () => {
  const script = await scriptFor(RULES.slice(0, RULES.indexOf('  - name: reads')) + '  - { name: none, subjects: [group:others], allow: [read] }\n');
  assert.deepEqual(script.match(/^(?:GRANT|CREATE) .*$/gm), ['CREATE ROLE "analyst" LOGIN;', 'GRANT CONNECT ON DATABASE "appdb" TO "analyst";']);
});
