import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import postgres from 'postgres';
import { OPEN_POLICY, startPostgresGateway, type PostgresGateway } from '../../../test/support/postgres-gateway.ts';

let gateway: PostgresGateway;
let folder: string;
const run = promisify(execFile);

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-clients-'));
  gateway = await startPostgresGateway({ policy: OPEN_POLICY, target: { audit: 'relaxed' } });
});
after(async () => {
  await gateway.stop();
  await rm(folder, { recursive: true, force: true });
});

const directEnv = (): NodeJS.ProcessEnv => ({
  ...process.env,
  PGHOST: '127.0.0.1',
  PGPORT: String(gateway.serverPort),
  PGUSER: 'postgres',
  PGDATABASE: 'appdb',
  LC_ALL: 'C.UTF-8',
});

async function programs(): Promise<string> {
  const versions = await readdir('/usr/lib/postgresql');
  return join('/usr/lib/postgresql', versions.toSorted().at(-1) ?? '', 'bin');
}

/** What a program says through the gateway and directly. */
async function both(program: string, args: readonly string[]): Promise<readonly [through: string, direct: string]> {
  const path = join(await programs(), program);
  const options = { timeout: 200_000, maxBuffer: 64 << 20 };
  const through = await run(path, args, { ...options, env: gateway.env(await gateway.login()) });
  const direct = await run(path, args, { ...options, env: directEnv() });
  return [through.stdout, direct.stdout];
}

const SCRIPT = `
\\set ON_ERROR_STOP off
create table s (id int primary key, t text, n numeric, at timestamptz default '2024-01-01', j jsonb, a int[]);
insert into s (id, t, n, j, a) select i, repeat('x', i), i / 3.0, jsonb_build_object('i', i), array[i, i + 1] from generate_series(1, 50) i;
begin; savepoint a; insert into s (id) values (1); rollback to a; select count(*) from s; commit;
select * from s where id % 7 = 0 order by id;
prepare p (int) as select t from s where id = $1; execute p (3); deallocate p;
begin; declare c cursor for select id from s order by id; fetch 5 from c; move 3 in c; fetch next from c; close c; commit;
copy (select id, t from s where id < 5) to stdout;
copy s (id, t) from stdin;
100	hundred
101	\\N
\\.
select id, t from s where id >= 100 order by id;
update s set t = 'changed' where id = 100 returning id, t;
delete from s where id > 40;
select 1 as a; select 2 as b; select 3 as c
;
explain (costs off) select * from s where id = 1;
do $$ begin raise notice 'a notice'; end $$;
set search_path to pg_catalog; show search_path; reset search_path;
create view v as select id, t from s; select * from v where id = 2;
listen ch; notify ch, 'hello'; select 1;
select 1 / 0;
discard all;
select id from s where id = 5;
drop view v; drop table s;
`;

test('a script of psql gives what it gives directly', async () => {
  const file = join(folder, 'script.sql');
  await writeFile(file, SCRIPT);
  const [through, direct] = await both('psql', ['-X', '-a', '-f', file]);
  const plain = (text: string): string => text.replaceAll(/PID \d+/g, 'PID');
  assert.equal(plain(through), plain(direct));
  assert.match(through, /hundred/);
});

test('pgbench runs simple, extended and prepared, with writes in transactions', async () => {
  const path = join(await programs(), 'pgbench');
  const env = gateway.env(await gateway.login());
  await run(path, ['-i', '-s', '1', '-q'], { env: directEnv(), timeout: 120_000 });
  for (const mode of ['simple', 'extended', 'prepared']) {
    const { stdout } = await run(path, ['-M', mode, '-c', '4', '-t', '20', '-n'], { env, timeout: 120_000 });
    assert.match(stdout, /transactions actually processed: 80\/80/, mode);
    assert.match(stdout, /number of failed transactions: 0/, mode);
  }
  const { rows } = await gateway.direct.query<{ same: boolean }>(
    'select (select sum(delta) from pgbench_history) = (select sum(abalance) from pgbench_accounts) as same',
  );
  assert.equal(rows[0]?.same, true);
});

test('pg_dump through the gateway gives what it gives directly, and what it gives can be restored through the gateway', async () => {
  await gateway.direct.query(
    `create table dumped (id serial primary key, t text, b bytea); insert into dumped (t, b) select 't' || i, decode('00ff', 'hex') from generate_series(1, 300) i`,
  );
  await gateway.direct.query('create index on dumped (t); create view dumped_view as select t from dumped');
  const args = ['--no-owner', '-t', 'dumped', '-t', 'dumped_view'];
  const [through, direct] = await both('pg_dump', args);
  const plain = (text: string): string => text.replaceAll(/^\\(?:un)?restrict .*$/gm, '');
  assert.equal(plain(through), plain(direct));
  await gateway.direct.query('drop view dumped_view; drop table dumped');
  const file = join(folder, 'dump.sql');
  await writeFile(file, through);
  await run('psql', ['-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', file], { env: gateway.env(await gateway.login()), timeout: 120_000 });
  const { rows } = await gateway.direct.query<{ n: string }>('select count(*)::text n from dumped_view');
  assert.equal(rows[0]?.n, '300');
});

test('node-postgres gets texts and binary, rows in parts, and its errors', async () => {
  const client = await gateway.connect();
  const { rows } = await client.query('select 1::int as i, true as b, null as n, $1::text as t, $2::bytea as y', ['ü', Buffer.from([0, 255])]);
  assert.deepEqual(rows, [{ i: 1, b: true, n: null, t: 'ü', y: Buffer.from([0, 255]) }]);
  const named = { name: 'twice', text: 'select $1::int * 2 as twice' };
  assert.deepEqual((await client.query({ ...named, values: [4] })).rows, [{ twice: 8 }]);
  assert.deepEqual((await client.query({ ...named, values: [5] })).rows, [{ twice: 10 }]);
  await assert.rejects(client.query('select 1 / 0'), { code: '22012' });
  const binary = await gateway.connect({ binary: true } as object);
  assert.deepEqual((await binary.query('select 7::int as i, $1::text as t', ['x'])).rows, [{ i: 7, t: 'x' }]);
});

test('postgres.js sends queries without waiting, and takes rows by a cursor', async () => {
  const { user, password } = await gateway.login();
  const sql = postgres({ host: '127.0.0.1', port: gateway.port, database: 'shop', user, password: password.reveal(), max: 1, onnotice: () => {} });
  try {
    const sums = await Promise.all(Array.from({ length: 30 }, (_, i) => sql<{ n: number }[]>`select ${i}::int + 1 as n`));
    assert.deepEqual(
      sums.map(([row]) => row?.n),
      Array.from({ length: 30 }, (_, i) => i + 1),
    );
    let count = 0;
    await sql`select g from generate_series(1, 1000) g`.cursor(100, (part) => void (count += part.length));
    assert.equal(count, 1000);
    await assert.rejects(sql`select 1 / ${0}::int`, { code: '22012' });
    await sql.begin(async (inside) => {
      await inside`create temp table mine (id int)`;
      await inside`insert into mine ${inside([{ id: 1 }, { id: 2 }])}`;
      assert.equal((await inside`select * from mine`).length, 2);
    });
  } finally {
    await sql.end();
  }
});

test('a hundred sessions at once get what they ask for', async () => {
  const login = await gateway.login();
  const clients = await Promise.all(Array.from({ length: 100 }, () => gateway.connect({}, login)));
  const answers = await Promise.all(clients.map((client, i) => client.query<{ n: number }>('select $1::int as n, repeat($2, 1000) as t', [i, 'x'])));
  assert.deepEqual(
    answers.map(({ rows }) => rows[0]?.n),
    clients.map((_, i) => i),
  );
  await Promise.all(clients.map((client) => client.end()));
});
