import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, test } from 'node:test';
import { testStorage } from './conformance.ts';
import { openStorage, type Storage } from './storage.ts';

const folder = mkdtempSync(join(tmpdir(), 'sallyport-storage-'));
after(() => rmSync(folder, { recursive: true, force: true }));

let databases = 0;
const fresh = async () => `sqlite:${join(folder, `${(databases += 1)}.db`)}`;

testStorage({ name: 'SQLite', fresh });

/** Another process that writes rows and says each one's number after it was committed. */
const WRITER = `
const { openStorage } = await import(process.argv[1]);
const storage = await openStorage({ url: process.argv[2] });
for (let n = 1; ; n += 1) {
  await storage.db.insertInto('owners').values({ owner: 'row ' + n, alive_until: n }).execute();
  process.stdout.write(n + '\\n');
}`;

function startWriter(url: string) {
  const child = spawn(process.execPath, ['--input-type=module', '-e', WRITER, new URL('./storage.ts', import.meta.url).href, url]);
  const errors: string[] = [];
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk.toString()));
  return { child, errors, lines: createInterface(child.stdout) };
}

test('SQLite: kill -9 in the middle of writes loses no committed row, and nothing was said on stderr', async () => {
  const url = await fresh();
  const { child, errors, lines } = startWriter(url);
  let said = 0;
  for await (const line of lines) {
    said = Number(line);
    if (said === 100) child.kill('SIGKILL');
  }
  const storage = await openStorage({ url });
  const rows = await storage.db.selectFrom('owners').select('alive_until').orderBy('alive_until').execute();
  await storage.close();
  assert.ok(said >= 100);
  assert.ok(rows.length >= said, `${said} rows were acknowledged, ${rows.length} are there`);
  assert.deepEqual(
    rows.map((row) => row.alive_until),
    Array.from({ length: rows.length }, (_, index) => index + 1),
  );
  assert.deepEqual(errors, []);
});

test('SQLite: two processes write to one file at once, and both find every row', async () => {
  const url = await fresh();
  const storage = await openStorage({ url });
  const { child, lines } = startWriter(url);
  const exited = once(child, 'exit');
  for await (const line of lines) {
    await storage.db
      .insertInto('owners')
      .values({ owner: `mine ${line}`, alive_until: 0 })
      .execute();
    if (line === '50') break;
  }
  child.kill('SIGKILL');
  await exited;
  const rows = await storage.db.selectFrom('owners').selectAll().execute();
  await storage.close();
  assert.equal(rows.filter((row) => row.owner.startsWith('mine')).length, 50);
  assert.ok(rows.filter((row) => row.owner.startsWith('row')).length >= 50);
});

test('SQLite: transactions of two connections that read first and write later wait for each other, and none fails or loses an update', async () => {
  const url = await fresh();
  const storages = [await openStorage({ url }), await openStorage({ url })];
  await storages[0]?.db.insertInto('owners').values({ owner: 'counter', alive_until: 0 }).execute();
  const increment = ({ db }: Storage) =>
    db.transaction().execute(async (trx) => {
      const { alive_until: seen } = await trx.selectFrom('owners').select('alive_until').executeTakeFirstOrThrow();
      await new Promise((resolve) => setImmediate(resolve));
      await trx
        .updateTable('owners')
        .set({ alive_until: seen + 1 })
        .execute();
    });
  await Promise.all(Array.from({ length: 10 }, () => storages.map(increment)).flat());
  const row = await storages[0]?.db.selectFrom('owners').select('alive_until').executeTakeFirst();
  await Promise.all(storages.map((storage) => storage.close()));
  assert.equal(row?.alive_until, 20);
});

test('SQLite: the file and its log can be read by their owner only', async () => {
  const url = await fresh();
  const storage = await openStorage({ url });
  const path = url.slice('sqlite:'.length);
  const modes = [path, `${path}-wal`].map((file) => statSync(file).mode & 0o777);
  await storage.close();
  assert.deepEqual(modes, [0o600, 0o600]);
});

test('SQLite: the thread that asks goes on while the database waits for its disk', async () => {
  const storage = await openStorage({ url: await fresh() });
  let turns = 0;
  const ticker = setInterval(() => (turns += 1), 1);
  await storage.db.selectNoFrom((eb) => eb.fn<number>('length', [eb.fn('hex', [eb.fn('randomblob', [eb.lit(50_000_000)])])]).as('n')).execute();
  clearInterval(ticker);
  await storage.close();
  assert.ok(turns > 0);
});

test('a database url of another kind is refused without repeating it, and one that cannot be made says so', async () => {
  const refused = await openStorage({ url: 'mysql://root:hunter2@db/x' }).catch((error: unknown) => error);
  assert.ok(refused instanceof Error && 'code' in refused);
  assert.equal(refused.code, 'config_invalid');
  assert.doesNotMatch(String(refused), /hunter2/);
  await assert.rejects(openStorage({ url: '/dev/null/x.db' }), { code: 'storage_failed' });
});

test('SQLite: a file that is no database is refused', async () => {
  const path = join(folder, 'text.db');
  writeFileSync(path, 'this is no database\n'.repeat(100));
  await assert.rejects(openStorage({ url: path }), { code: 'storage_failed' });
});
