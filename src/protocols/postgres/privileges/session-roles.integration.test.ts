import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Client } from 'pg';
import { isSallyportError } from '../../../core/error.ts';
import { newId } from '../../../core/id.ts';
import { openTestDatabase, type TestDatabase } from '../../../../test/support/sql-database.ts';
import { until } from '../../../../test/support/until.ts';
import { SessionRoles, type Administration } from './session-roles.ts';

let database: TestDatabase;
const alive = new Set<string>();

before(async () => {
  database = await openTestDatabase(`
    create role app_owner; create role maker createrole login; grant app_owner to maker;
    create table orders (id int); insert into orders values (1); alter table orders owner to app_owner; create schema work; alter schema work owner to app_owner`);
});
const opened: Client[] = [];
after(async () => {
  await Promise.all(opened.map((client) => client.end()));
  await database.stop();
});

/** As a role that is no superuser. */
async function openAdministration(): Promise<Administration> {
  const client = await connect('maker');
  return {
    run: async (statements) =>
      void (await client.query(`begin; ${statements.map((statement) => statement.replace(/;$/, '')).join('; ')}; commit`).catch(async (error: unknown) => {
        await client.query('rollback');
        throw error;
      })),
    read: async (statement) => String((await client.query<unknown[]>({ text: statement, rowMode: 'array' })).rows[0]?.[0]),
  };
}

async function rolesOf(owner: string, installation = 'test1'): Promise<SessionRoles> {
  const administration = await openAdministration();
  const isAlive = (other: string): Promise<boolean> => Promise.resolve(alive.has(other));
  return new SessionRoles({ administration, installation: { name: installation, owner, isAlive }, open: new Set(), heir: 'app_owner' });
}

const GRANTS = (role: string): readonly string[] => [`GRANT SELECT ON orders TO "${role}"`, `GRANT USAGE, CREATE ON SCHEMA work TO "${role}"`];
const names = async (): Promise<readonly string[]> =>
  (await database.client.query<{ rolname: string }>(`select rolname from pg_roles where rolname like 'sallyport_test%' order by 1`)).rows.map(
    ({ rolname }) => rolname,
  );

const connect = async (user: string): Promise<Client> => {
  const { host, port } = database.client;
  const client = new Client({ host, port, database: 'appdb', user });
  // The server ends some of them.
  client.on('error', () => {});
  await client.connect();
  opened.push(client);
  return client;
};

test('a role has what it was granted, its password is in the server as a verifier only, and it is gone at the end with its connections; what it made stays with the heir', async () => {
  const roles = await rolesOf('here');
  const { user, password } = await roles.open(newId(), GRANTS);
  const stored = await database.client.query<{ rolpassword: string; rolconnlimit: number; rolvaliduntil: Date }>(
    'select rolpassword, rolconnlimit, rolvaliduntil from pg_authid where rolname = $1',
    [user],
  );
  assert.match(stored.rows[0]?.rolpassword ?? '', /^SCRAM-SHA-256\$4096:/);
  assert.ok(!JSON.stringify(stored.rows).includes(password.reveal()));
  assert.equal(stored.rows[0]?.rolconnlimit, 1);
  assert.ok((stored.rows[0]?.rolvaliduntil.getTime() ?? 0) > Date.now());

  const session = await connect(user);
  assert.deepEqual((await session.query('select id from orders')).rows, [{ id: 1 }]);
  await assert.rejects(session.query('delete from orders'), { code: '42501' });
  await session.query('create table work.mine (id int)');
  await assert.rejects(connect(user), { code: '53300' });

  const again = await rolesOf('here');
  await again.close(user);
  assert.deepEqual(await names(), []);
  await assert.rejects(session.query('select 1'));
  const owner = await database.client.query<{ tableowner: string }>(`select tableowner from pg_tables where tablename = 'mine'`);
  assert.equal(owner.rows[0]?.tableowner, 'app_owner');
  await again.close(user);
});

test('what a dead process left is reaped; what belongs to one that lives, to this one, to another installation or to people is not', async () => {
  const [here, there, gone, other] = [await rolesOf('here'), await rolesOf('there'), await rolesOf('gone'), await rolesOf('gone', 'test2')];
  const users: string[] = [];
  for (const roles of [here, there, gone, other]) users.push((await roles.open(newId(), GRANTS)).user);
  await database.client.query('create role sallyport_test1_of_people');
  alive.add('there');
  assert.deepEqual(await here.reap((error) => assert.fail(String(error))), [users[2]]);
  assert.deepEqual(await names(), [...users.filter((_, at) => at !== 2), 'sallyport_test1_of_people'].toSorted());
  alive.clear();
  assert.deepEqual((await (await rolesOf('here')).reap((error) => assert.fail(String(error)))).toSorted(), users.slice(0, 2).toSorted());
  await other.close(users[3] ?? '');
  await until('only that of people', async () => ((await names()).length === 1 ? true : undefined));
});

test('a role that could not be removed at the end of its session is removed by the next look for what is left', async () => {
  const administration = await openAdministration();
  let isBroken = false;
  const breaking: Administration = {
    read: (statement) => administration.read(statement),
    run: (statements) => (isBroken ? Promise.reject(new Error('the connection ended')) : administration.run(statements)),
  };
  const installation = { name: 'test1', owner: 'here', isAlive: () => Promise.resolve(true) };
  const roles = new SessionRoles({ administration: breaking, installation, open: new Set(), heir: 'app_owner' });
  const { user } = await roles.open(newId(), GRANTS);
  assert.deepEqual(await roles.reap((error) => assert.fail(String(error))), [], 'its session is open');
  isBroken = true;
  await assert.rejects(roles.close(user), /the connection ended/);
  isBroken = false;
  assert.deepEqual(await roles.reap((error) => assert.fail(String(error))), [user]);
});

test('where a right cannot be given, no role is left behind', async () => {
  const roles = await rolesOf('here');
  await assert.rejects(
    roles.open(newId(), (role) => [`GRANT SELECT ON nowhere TO "${role}"`]),
    (error) => isSallyportError(error, 'upstream_invalid') && /CREATEROLE/.test(error.hint ?? ''),
  );
  assert.deepEqual(await names(), ['sallyport_test1_of_people']);
  await assert.rejects(roles.close('postgres'), TypeError);
});
