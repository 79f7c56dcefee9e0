/** The newest server that there is, behind the gateway: what newer versions do otherwise must not change what is decided. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { unpackNewestPostgres, type PostgresPrograms } from '../../../test/support/newest-postgres.ts';
import { startPostgresGateway, type PostgresGateway } from '../../../test/support/postgres-gateway.ts';

const run = promisify(execFile);

let programs: PostgresPrograms;
let gateway: PostgresGateway;

before(async () => {
  programs = await unpackNewestPostgres();
  gateway = await startPostgresGateway({
    programs: programs.folder,
    policy: {
      kind: 'Policy',
      name: 'p',
      targets: ['shop'],
      rules: [
        { name: 'all', allow: ['*'] },
        { name: 'no-deleting', deny: ['write:delete:*', 'exec:*'] },
      ],
      masks: [{ columns: ['public.people.ssn'] }],
    },
    setup: [
      'create table people (id int primary key, name text, ssn text, twice int generated always as (id * 2))',
      `insert into people (id, name, ssn) select i, 'name ' || i, '078-05-112' || i from generate_series(0, 9) i`,
    ],
  });
  // Before anybody looks: what is made beside the gateway is known to it a second later.
  await run('pgbench', ['-i', '-s', '1', '-q'], { env: directEnv(), timeout: 120_000 });
});
after(async () => {
  await gateway.stop();
  await programs.remove();
});

const psql = async (env: NodeJS.ProcessEnv, ...statements: readonly string[]): Promise<string> =>
  (await run('psql', ['-XAtq', ...statements.flatMap((statement) => ['-c', statement])], { env, timeout: 60_000 })).stdout;

const directEnv = (): NodeJS.ProcessEnv => ({
  ...process.env,
  ...{ PGHOST: '127.0.0.1', PGPORT: String(gateway.serverPort), PGUSER: 'postgres', PGDATABASE: 'appdb' },
});

test('a server of version 18 or newer gives through the gateway what it gives directly', async () => {
  const { rows } = await gateway.direct.query<{ server_version_num: string }>('show server_version_num');
  assert.ok(Number(rows[0]?.server_version_num) >= 180_000);
  const statements = [
    'select id, name, twice from people order by id',
    'begin; insert into people (id, name) values (100, $$new$$) returning id, twice; rollback',
    'prepare p (int) as select name from people where id = $1; execute p (3)',
    'begin; declare c cursor for select id from people order by id; fetch 3 from c; close c; commit',
    'copy (select id, name from people order by id) to stdout',
    'begin; update people set name = $$x$$ where id = 1 returning name; rollback',
    `select json_value('{"a": 1}', '$.a'), uuid_extract_version('019535d9-3df7-79fb-b466-fa907fa17f9e'::uuid)`,
    'begin; merge into people p using (values (1)) v (id) on p.id = v.id when matched then update set name = $$y$$ returning p.name; rollback',
  ];
  const through = await psql(gateway.env(await gateway.login()), ...statements);
  assert.equal(through, await psql(directEnv(), ...statements));
  assert.match(through, /^3\|name 3\|6$/m);
});

test('it masks and refuses there as elsewhere, also by words that are new', async () => {
  const client = await gateway.connect();
  for (const statement of [
    'select ssn from people',
    'select * from people',
    `select upper(ssn) from people`,
    'select json_arrayagg(ssn) from people',
    'select json_object(ssn: ssn) from people',
    'update people set name = name returning ssn',
    // Version 18.
    'update people set name = name returning old.ssn, new.ssn',
    'update people set name = name returning with (old as before) before.ssn',
    'select any_value(ssn) from people',
    `select t.x from people, json_table(to_json(ssn), '$' columns (x text path '$')) t`,
  ]) {
    const said = await client.query(statement).then(
      ({ rows }) => JSON.stringify(rows),
      (error: Error) => JSON.stringify(error),
    );
    assert.doesNotMatch(said, /078-05|112\d/, statement);
  }
  await assert.rejects(client.query('delete from people'), { code: '42501' });
  await assert.rejects(client.query('merge into people p using (values (1)) v (id) on p.id = v.id when not matched by source then delete'), { code: '42501' });
  await assert.rejects(client.query(`copy people to program 'true'`), { code: '42501' });
  assert.equal((await gateway.direct.query('select 1 from people')).rowCount, 10);
});

test('drivers and pgbench find it as they know it', async () => {
  const client = await gateway.connect({ binary: true } as object);
  const named = { name: 'n', text: 'select $1::int + twice as sum from people where id = 4' };
  assert.deepEqual((await client.query({ ...named, values: [1] })).rows, [{ sum: 9 }]);
  assert.deepEqual((await client.query({ ...named, values: [2] })).rows, [{ sum: 10 }]);
  const env = gateway.env(await gateway.login());
  for (const mode of ['simple', 'extended', 'prepared']) {
    // Its own look-ups; its transactions delete nothing.
    const { stdout } = await run('pgbench', ['-S', '-M', mode, '-c', '2', '-t', '10', '-n'], { env, timeout: 120_000 });
    assert.match(stdout, /number of failed transactions: 0/, mode);
  }
});

test('a relation that somebody made beside the gateway is known at once', async () => {
  const client = await gateway.connect();
  for (const name of ['one', 'two', 'three']) {
    await assert.rejects(client.query(`select * from made_${name}`), { code: '42501' });
    await gateway.direct.query(`create table made_${name} (id int)`);
    assert.equal((await client.query(`select * from made_${name}`)).rowCount, 0);
  }
});
