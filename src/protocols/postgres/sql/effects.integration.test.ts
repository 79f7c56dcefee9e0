import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openTestDatabase, type TestDatabase } from '../../../../test/support/sql-database.ts';
import { textsOf } from './analysis.ts';
import { afterChange, openNamespace } from './namespace.ts';
import { SHOP_SCHEMA } from './shop-schema.ts';

let database: TestDatabase;

before(async () => {
  database = await openTestDatabase(SHOP_SCHEMA);
});
after(() => database.stop());

const effectsOf = (text: string): readonly string[] => textsOf(database.analyse(text).effects);

/** A statement, and among its effects these. */
type Row = readonly [statement: string, ...effects: readonly string[]];

const ROWS: readonly Row[] = [
  ['select 1', 'read'],
  ['select id, name from items', 'read:public.items[id]', 'read:public.items[name]'],
  ['select count(*) from items', 'read:public.items'],
  ['select * from invoice_list', 'read:public.invoice_list[id]', 'read:public.invoices[id]', 'read:public.invoices[amount]'],
  ['select val from shape', 'read:public.shape[val]', 'read:internal.shape_part'],
  ['select val from only shape', 'read:public.shape[val]'],
  ['select val from internal.shape_part', 'read:internal.shape_part[val]', 'read:public.shape'],
  ['select * from hosts', 'read:public.hosts[line]', 'file:read', 'file:read:/etc/hosts'],
  ['select relname from pg_class', 'read:pg_catalog.pg_class[relname]'],
  ['insert into items(name) values (1)', 'write:insert:public.items[name]'],
  ['insert into inbox(id) values (1)', 'write:insert:public.inbox[id]', 'write:delete:public.invoices'],
  ['update items set price = 1 where id = 2', 'write:update:public.items[price]', 'read:public.items[id]'],
  ['update invoice_list set amount = 0', 'write:update:public.invoice_list[amount]', 'write:update:public.invoices'],
  ['delete from shape', 'write:delete:public.shape', 'write:delete:internal.shape_part'],
  ['truncate items, invoices', 'write:truncate:public.items', 'write:truncate:public.invoices'],
  [
    'merge into items i using invoices o on i.id = o.id when matched then delete when not matched then insert (name) values (o.note)',
    'write:merge:public.items',
    'write:delete:public.items',
    'write:insert:public.items[name]',
    'read:public.invoices[note]',
  ],
  ['insert into items(id) values (1) on conflict (id) do update set name = excluded.name', 'write:insert:public.items[id]', 'write:update:public.items[name]'],
  ['with d as (delete from items returning id) select * from d', 'write:delete:public.items'],
  ['copy items(name) from stdin', 'write:copy-in:public.items[name]'],
  ["copy items to '/tmp/x'", 'read:public.items[id]', 'file:write', 'file:write:/tmp/x'],
  ["copy items from program 'id'", 'exec:program', 'write:copy-in:public.items'],
  ['explain delete from items', 'plan', 'plan:delete:public.items'],
  ['explain analyze delete from items', 'plan', 'write:delete:public.items'],
  ['explain (analyze off) select wipe(1)', 'plan', 'plan:func:public.wipe'],
  ['explain select with_tax(1)', 'func:public.with_tax'],
  ['select wipe(1)', 'func:public.wipe', 'write:delete:public.invoices'],
  ['select ssn_of(1)', 'func:public.ssn_of', 'read:public.customers[ssn]'],
  ["select run_text('drop table items')", 'func:public.run_text', 'dynamic', 'ddl:drop:table:public.items'],
  ['select 1 @!!@ 2', 'func:public.wipe_op', 'func:public.wipe', 'write:delete:public.invoices'],
  ["select 'x'::address", 'func:public.checks', 'write:delete:public.invoices'],
  ['call archive()', 'call', 'func:public.archive', 'write:delete:public.invoices'],
  ['do $$begin delete from items; end$$', 'exec:do', 'dynamic', 'write:delete:public.items'],
  ["select set_config('ro' || 'le', 'paymaster', false)", 'session:role[paymaster]'],
  ['set role paymaster', 'session:role[paymaster]'],
  ['set session authorization clerk', 'session:authorization[clerk]'],
  ['set search_path = internal', 'session:setting[search_path]', 'session:search-path'],
  ['set standard_conforming_strings = off', 'session:setting[standard_conforming_strings]', 'parser-mode'],
  ["set client_encoding = 'UTF8'", 'session:setting[client_encoding]'],
  ["set client_encoding = 'SJIS'", 'session:setting[client_encoding]', 'parser-mode'],
  ['reset all', 'session:reset'],
  ['discard all', 'session:discard'],
  ['show work_mem', 'session:show[work_mem]'],
  ['show data_directory', 'admin:configuration[data_directory]'],
  ['begin', 'transaction:begin'],
  ["prepare transaction 'x'", 'session:two-phase'],
  ['lock table items', 'lock:public.items'],
  ['select id from items for update', 'lock:rows:public.items'],
  ['listen x', 'listen[x]'],
  ['notify x', 'notify'],
  ['create table t (i int)', 'ddl:create:table:public.t'],
  ['create temp table t (i int)', 'ddl:create:table:pg_temp.t'],
  ['create table t as select ssn from customers', 'ddl:create:table:public.t', 'read:public.customers[ssn]'],
  ['create view v as select * from internal.keys', 'ddl:create:view:public.v', 'read:internal.keys[v]'],
  ["create function f() returns int language c as 'x', 'y'", 'ddl:create:function', 'ddl:create:function:c-language'],
  ['create index on items (id)', 'ddl:create:index'],
  ['alter table items owner to stranger', 'ddl:alter:owner', 'ddl:alter:table:public.items'],
  ['drop table items, invoices', 'ddl:drop:table:public.items', 'ddl:drop:table:public.invoices'],
  ['drop schema payroll cascade', 'ddl:drop:schema', 'ddl:drop:schema:payroll'],
  ["comment on table items is 'x'", 'ddl:comment'],
  ['grant select on items to public', 'priv:grant', 'priv:grant:public.items'],
  ['grant paymaster to clerk', 'priv:grant', 'priv:grant-role:paymaster'],
  ['alter role clerk superuser', 'priv:alter-role', 'priv:alter-role:clerk'],
  ['vacuum items', 'admin:vacuum:public.items'],
  ['analyze', 'admin:analyze'],
  ["select setval('invoices_id_seq', 1)", 'admin:setval:public.invoices_id_seq'],
  ['select pg_terminate_backend(1)', 'admin:terminate-backend'],
  ["select pg_read_file('/etc/passwd')", 'file:read', 'file:read:/etc/passwd'],
  ["select lo_export(1, '/tmp/x')", 'file:write'],
  ["select * from dblink('x', 'delete from invoices') t(a int)", 'net:dblink', 'dynamic', 'write:delete:public.invoices'],
  ["select query_to_xml('select v from internal.keys', true, false, '')", 'dynamic', 'read:internal.keys[v]'],
  ["select table_to_xml('internal.keys', true, false, '')", 'read:internal.keys'],
  ['select pg_sleep(1)', 'dos'],
  ['create subscription s connection $$host=x$$ publication p', 'ddl:create:subscription', 'net'],
];

for (const [statement, ...expected] of ROWS) {
  test(`${statement}: ${expected.join(', ')}`, () => {
    const ours = effectsOf(statement);
    assert.deepEqual(
      expected.filter((effect) => !ours.includes(effect)),
      [],
      `ours: ${ours.join(', ')}`,
    );
    assert.ok(!ours.includes('unknown'), ours.join(', '));
  });
}

test('what only newer servers read as we do is not understood on an older one', () => {
  const { server } = database.catalog;
  for (const [text, since] of [
    ['select json_array(1)', 160_000],
    ['select json_scalar(1)', 170_000],
    ["select json_exists('{}', '$')", 170_000],
  ] as const)
    assert.equal(effectsOf(text).includes('unknown'), server < since, text);
});

test('names that nobody knows are not understood', () => {
  for (const text of [
    'select * from nowhere',
    'select nothing(1)',
    'select x from items',
    "select 'a'::nothing",
    'select * from other.public.items',
    'fetch c',
    'execute p',
    'selec 1',
  ])
    assert.ok(effectsOf(text).includes('unknown'), text);
});

test('a name means what the search path of the session says', () => {
  const elsewhere = openNamespace('ann', ['internal', 'public']);
  assert.deepEqual(textsOf(database.analyse('select k from keys', { namespace: elsewhere }).effects), ['read:internal.keys[k]']);
  assert.ok(effectsOf('select k from keys').includes('unknown'));
  const unclear = openNamespace('ann', undefined);
  assert.ok(textsOf(database.analyse('select 1 from items', { namespace: unclear }).effects).includes('unknown'));
});

test('a temporary table hides the one of its name, until it is dropped', () => {
  const [created] = database.analyse('create temp table items (id int)').statements;
  const namespace = (created?.changes ?? []).reduce(afterChange, openNamespace('ann', ['public']));
  assert.deepEqual(textsOf(database.analyse('select id from items', { namespace }).effects), ['read:pg_temp.items[id]']);
  const [dropped] = database.analyse('drop table items', { namespace }).statements;
  const afterwards = (dropped?.changes ?? []).reduce(afterChange, namespace);
  assert.deepEqual(textsOf(database.analyse('select id from items', { namespace: afterwards }).effects), ['read:public.items[id]']);
});

test('statements of one text see what those before them leave, and nothing after a change of what names mean', () => {
  assert.ok(!effectsOf('begin; declare c cursor for select id from items; fetch c; close c; commit').includes('unknown'));
  assert.ok(effectsOf('fetch c; declare c cursor for select 1').includes('unknown'));
  for (const change of [
    'set search_path = internal',
    'set standard_conforming_strings = off',
    'create table z (i int)',
    'alter table items rename to z',
    'reset all',
  ])
    assert.ok(effectsOf(`${change}; select 1`).includes('unknown'), change);
});

test('a parameter that is run, or that names a relation, is read with its value', () => {
  const text = `select table_to_xml($1, true, false, '')`;
  const before_ = database.analyse(text);
  assert.equal(before_.dependsOnParameters, true);
  assert.ok(textsOf(before_.effects).includes('dynamic'));
  assert.ok(textsOf(database.analyse(text, { parameters: ['internal.keys'] }).effects).includes('read:internal.keys'));
  assert.equal(database.analyse('select * from items where id = $1').dependsOnParameters, false);
});

test('a parameter of a domain runs its checks', () => {
  const domain = database.catalog.type('public', 'address');
  assert.ok(domain);
  assert.deepEqual(textsOf(database.analyse('select 1', { parameterTypes: [25] }).effects), ['read']);
  assert.ok(textsOf(database.analyse('select 1', { parameterTypes: [domain.oid] }).effects).includes('func:public.checks'));
});

test('what was taken for what is named, so that an approval is for exactly that', async () => {
  const { dependencies } = database.analyse('select wipe(id) from items');
  assert.equal(dependencies.length, 3);
  await database.client.query(
    'begin; drop function wipe_op cascade; drop function wipe; create function wipe(i int) returns boolean language sql as $$ select true $$; commit',
  );
  const now = database.analyse('select wipe(id) from items', { catalog: await database.read() });
  assert.notDeepEqual(now.dependencies, dependencies);
});
