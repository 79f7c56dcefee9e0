import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import type { Client, DatabaseError } from 'pg';
import { startPostgresGateway, type PostgresGateway } from '../../../test/support/postgres-gateway.ts';
import { openWire } from '../../../test/support/wire-client.ts';
import { int32, message } from './codec.ts';

const KEPT = 4711;
const PLAIN = ['read', 'read:public.*', 'transaction:*', 'session:setting*'];

let gateway: PostgresGateway;
before(async () => {
  gateway = await startPostgresGateway({
    policy: {
      kind: 'Policy',
      name: 'p',
      targets: ['shop'],
      rules: [
        { name: 'plain', allow: PLAIN },
        { name: 'readers', subjects: ['group:readers'], allow: ['read:large-object'] },
        { name: 'writers', subjects: ['group:writers'], allow: ['read:large-object', 'write:large-object'] },
        { name: 'what-psql-looks-up', subjects: ['group:writers'], allow: ['read:pg_catalog.pg_proc', 'read:pg_catalog.pg_namespace'] },
      ],
    },
    setup: [`select lo_from_bytea(${KEPT}, 'kept'::bytea)`],
  });
});
after(() => gateway.stop());

const connect = async (group: string): Promise<Client> => gateway.connect({}, await gateway.login(group, [group]));
const failure = async (work: Promise<unknown>): Promise<string | undefined> => {
  const error: unknown = await work.then(
    () => assert.fail('it did not fail'),
    (reason: unknown) => reason,
  );
  // Errors of `pg` that came from a server.
  return (error as DatabaseError).code;
};
const objects = async (): Promise<readonly number[]> =>
  (await gateway.direct.query<{ oid: number }>('select oid from pg_largeobject_metadata order by oid')).rows.map(({ oid }) => oid);
const content = async (oid: number): Promise<string> =>
  (await gateway.direct.query<{ text: string }>(`select convert_from(lo_get($1), 'UTF8') as text`, [oid])).rows[0]?.text ?? '';

const READS = [`select lo_get(${KEPT})`, `select lo_get(${KEPT}, 0, 2)`];
const WRITES = [
  'select lo_create(0)',
  'select lo_creat(-1)',
  `select lo_from_bytea(0, 'x')`,
  `select lo_put(${KEPT}, 0, 'gone')`,
  `select lo_unlink(${KEPT})`,
  `select lo_open(${KEPT}, 131072)`,
  `select lo_truncate(lo_open(${KEPT}, 131072), 0)`,
  `select lowrite(lo_open(${KEPT}, 131072), 'gone')`,
  `select loread(lo_open(${KEPT}, 262144), 10)`,
];
const FILES = [`select lo_export(${KEPT}, '/tmp/exported')`, `select lo_import('/etc/passwd')`, `select lo_import('/etc/passwd', 99)`];
const AROUND = ['select * from pg_largeobject', `do $$ begin perform lo_unlink(${KEPT}); end $$`, `alter large object ${KEPT} owner to postgres`];

test('without a rule about them nobody reads, makes, changes or removes large objects', async () => {
  const analyst = await connect('analysts');
  for (const statement of [...READS, ...WRITES, ...FILES, ...AROUND]) assert.equal(await failure(analyst.query(statement)), '42501', statement);
  assert.deepEqual(await objects(), [KEPT]);
  assert.equal(await content(KEPT), 'kept');
});

test('who may read them reads them, and changes nothing', async () => {
  const reader = await connect('readers');
  const { rows } = await reader.query<{ lo_get: Buffer }>(`select lo_get(${KEPT})`);
  assert.equal(rows[0]?.lo_get.toString(), 'kept');
  for (const statement of [...WRITES, ...FILES, ...AROUND]) assert.equal(await failure(reader.query(statement)), '42501', statement);
  assert.equal(await content(KEPT), 'kept');
});

test('who may write them makes, reads, changes and removes them by statements, in pieces too; files of the server stay out of reach', async () => {
  const writer = await connect('writers');
  const made = await writer.query<{ oid: number }>('select lo_create(0) as oid');
  const oid = made.rows[0]?.oid ?? 0;
  await writer.query('begin');
  const opened = await writer.query<{ fd: number }>('select lo_open($1::oid, 393216) as fd', [oid]);
  const fd = opened.rows[0]?.fd;
  await writer.query('select lowrite($1::int, $2::bytea)', [fd, Buffer.from('in pieces')]);
  await writer.query('select lo_lseek($1::int, 3, 0)', [fd]);
  const read = await writer.query<{ piece: Buffer }>('select loread($1::int, 6) as piece', [fd]);
  assert.equal(read.rows[0]?.piece.toString(), 'pieces');
  await writer.query('select lo_close($1::int)', [fd]);
  await writer.query('commit');
  assert.equal(await content(oid), 'in pieces');
  await writer.query('select lo_unlink($1::oid)', [oid]);
  assert.deepEqual(await objects(), [KEPT]);
  for (const statement of [...FILES, ...AROUND]) assert.equal(await failure(writer.query(statement)), '42501', statement);
});

test('a call by number is refused whoever makes it, says the way out, and leaves the session as the server would', async () => {
  const writer = await openWire(gateway.port, await gateway.login('writers', ['writers']));
  const LO_UNLINK = 964;
  const call = message(0x46, int32(LO_UNLINK), Buffer.from([0, 1, 0, 1, 0, 1]), int32(4), int32(KEPT), Buffer.from([0, 1]));
  const { types, bytes } = await writer.ask(call);
  assert.equal(types, 'EZ');
  assert.match(bytes.toString('latin1'), /C42501.*use a statement instead/s);
  assert.deepEqual(await objects(), [KEPT]);
  writer.end();
});

test('psql imports a large object by number only, and is told so', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-lo-'));
  await writeFile(join(folder, 'file'), 'content');
  const env = gateway.env(await gateway.login('writers', ['writers']));
  const said = await promisify(execFile)('psql', ['-X', '-c', `\\lo_import ${join(folder, 'file')}`], { env, timeout: 60_000 }).catch(
    (error: { readonly stderr: string }) => error,
  );
  assert.match(said.stderr, /use a statement instead/);
  assert.deepEqual(await objects(), [KEPT]);
  await rm(folder, { recursive: true });
});
