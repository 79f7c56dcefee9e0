import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { plainTarget } from '../../../../test/support/plain-target.ts';
import { startPostgresGateway, UNCHECKED_PASSWORD, type PostgresGateway } from '../../../../test/support/postgres-gateway.ts';
import { until } from '../../../../test/support/until.ts';
import { Database } from '../database.ts';
import { Grammar } from '../sql/grammar.ts';

let gateway: PostgresGateway;

before(async () => {
  gateway = await startPostgresGateway({
    policy: {
      kind: 'Policy',
      name: 'p',
      targets: ['shop'],
      rules: [
        { name: 'look', subjects: ['group:analysts'], allow: ['read', 'read:public.*', 'read:pg_catalog.*', 'session:*', 'transaction:*'] },
        { name: 'make', subjects: ['group:makers'], allow: ['read', 'read:*', 'ddl:create:*', 'ddl:create', 'session:*'] },
      ],
    },
    target: { sessionRoles: { heir: 'app_owner' } },
    setup: [
      'create role app_owner',
      'create schema work authorization app_owner',
      'create table items (id int); insert into items values (1)',
      'create schema hr; create table hr.wages (id int)',
    ],
  });
});
after(() => gateway.stop());

const roles = async (): Promise<readonly string[]> =>
  (await gateway.direct.query<{ rolname: string }>(`select rolname from pg_roles where rolname like 'sallyport\\_%'`)).rows.map(({ rolname }) => rolname);

test('a session signs in as a role of its own, with the rights that its caller’s rules imply, and the role is gone with the session', async () => {
  const client = await gateway.connect({}, await gateway.login('ann', ['analysts']));
  assert.deepEqual((await client.query('select id from items')).rows, [{ id: 1 }]);
  const [role] = await roles();
  assert.match(role ?? '', /^sallyport_test_[0-9a-z]{26}$/);
  const may = async (privilege: string): Promise<boolean | undefined> =>
    (await gateway.direct.query<{ may: boolean }>(`select has_table_privilege($1, 'items', $2) as may`, [role, privilege])).rows[0]?.may;
  assert.deepEqual([await may('select'), await may('insert'), await may('delete')], [true, false, false]);
  const other = await gateway.direct.query<{ may: boolean }>(`select has_schema_privilege($1, 'hr', 'usage') as may`, [role]);
  assert.equal(other.rows[0]?.may, false);
  await client.end();
  await until('the role to be gone', async () => ((await roles()).length === 0 ? true : undefined));
});

test('what a session made belongs to the heir when it has ended', async () => {
  const client = await gateway.connect({}, await gateway.login('max', ['makers']));
  await client.query('create table work.report (id int)');
  await client.end();
  await until('the role to be gone', async () => ((await roles()).length === 0 ? true : undefined));
  const { rows } = await gateway.direct.query<{ tableowner: string }>(`select tableowner from pg_tables where tablename = 'report'`);
  assert.deepEqual(rows, [{ tableowner: 'app_owner' }]);
});

test('where the credential may not make roles, nobody gets in, and the operator reads why', async () => {
  const limited = await startPostgresGateway({
    policy: { kind: 'Policy', name: 'p', targets: ['shop'], rules: [{ name: 'look', allow: ['read'] }] },
    target: { sessionRoles: { heir: 'plain' }, credential: { login: { user: 'plain', password: UNCHECKED_PASSWORD } } },
    setup: ['create role plain login'],
  });
  try {
    await assert.rejects(limited.connect());
    assert.match(limited.failures.join('\n'), /a role for this session could not be made/);
  } finally {
    await limited.stop();
  }
});

test('statements of the gateway’s own call what the server has built in, on each connection: what others made under the same names is not run', async () => {
  await gateway.direct.query(
    `create function public.json_build_object(text, name, text, text) returns json language sql as $$ select '{"name":"of others"}'::json $$`,
  );
  const target = plainTarget({
    name: 'shop',
    protocol: 'postgres',
    address: `postgres://127.0.0.1:${gateway.serverPort}/appdb`,
    credential: { login: { user: 'postgres', password: UNCHECKED_PASSWORD } },
    tls: { mode: 'disable' },
  });
  const database = new Database(target, 'appdb', { grammar: await Grammar.load() });
  const read = (): Promise<string> => database.read(`select json_build_object('name', 'built in'::name, 'owner', ''::text)::text`);
  assert.match(await read(), /built in/);
  await gateway.direct.query(`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'sallyport catalog'`);
  await read().catch(() => {});
  assert.match(await read(), /built in/);
  await database.close();
  await gateway.direct.query('drop function public.json_build_object(text, name, text, text)');
});
