import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { inspect } from 'node:util';
import { until } from '../../../test/support/until.ts';
import type { Event } from '../../core/event.ts';
import { explainError } from '../../core/error.ts';
import type { Subject } from '../../core/subject.ts';
import { openStorage, type Storage } from '../../storage/storage.ts';
import { createCredentials } from '../credential.ts';
import { createSecretReader } from '../secret-reader.ts';
import { sealingKey, type SealingKey, type SealingKeys } from './seal.ts';
import { openSealedValues, type SealedValues } from './sealed-values.ts';

const CANARY = 'canary-sealed-8f31';
const owner: Subject = { kind: 'person', id: 'owner', name: 'owner', groups: [], issuer: 'local' };

/** Keys as a folder has them: newest first, known to every process. */
function testKeys(): SealingKeys & { readonly all: SealingKey[] } {
  const all = [sealingKey(randomBytes(32))];
  const current = async (): Promise<SealingKey> => {
    assert.ok(all[0]);
    return Promise.resolve(all[0]);
  };
  return {
    all,
    current,
    find: (id) => Promise.resolve(all.find((key) => key.id === id)),
    rotate() {
      all.unshift(sealingKey(randomBytes(32)));
      return current();
    },
  };
}

interface Site {
  readonly folder: string;
  readonly storage: Storage;
  readonly keys: ReturnType<typeof testKeys>;
  readonly events: Event[];
  readonly time: { now: number };
  open(): Promise<SealedValues>;
}

async function site(context: TestContext): Promise<Site> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-sealed-'));
  const storage = await openStorage({ url: join(folder, 'sallyport.db') });
  const opened: SealedValues[] = [];
  context.after(async () => {
    for (const each of opened) await each.close();
    await storage.close();
    await rm(folder, { recursive: true });
  });
  const keys = testKeys();
  const events: Event[] = [];
  const time = { now: 1_800_000_000_000 };
  const recorder = { append: (event: Event) => Promise.resolve(void events.push(event)) };
  return {
    folder,
    storage,
    keys,
    events,
    time,
    async open() {
      const values = await openSealedValues({ storage, recorder, keys, now: () => time.now, pollMs: 20 });
      opened.push(values);
      return values;
    },
  };
}

const missing = (message: RegExp) => (error: unknown) => {
  assert.equal((error as { code?: string }).code, 'credential_missing');
  assert.match(explainError(error), message);
  assert.doesNotMatch(explainError(error) + inspect(error), /canary/);
  return true;
};

test('a value that was set opens targets, is replaced without a restart, and is gone when it is removed; in other processes too', async (context) => {
  const { open, events } = await site(context);
  const [one, two] = [await open(), await open()];
  await assert.rejects(one.read('token'), missing(/there is no sealed value token/));
  await one.set('token', CANARY, owner);
  assert.equal(await one.read('token'), CANARY);
  await until('the other process', async () => ((await two.read('token').catch(() => undefined)) === CANARY ? true : undefined));

  await two.set('token', 'next', owner);
  await until('the new value', async () => ((await one.read('token')) === 'next' ? true : undefined));
  await one.remove('token', owner);
  await assert.rejects(one.read('token'), missing(/no sealed value/));
  await until('the end', () => two.read('token').then(() => undefined, () => true)); // prettier-ignore
  await assert.rejects(one.remove('token', owner), { code: 'not_found' });
  assert.deepEqual(
    events.map(({ kind, subject, note }) => [kind, subject?.name, note]),
    [
      ['secret.set', 'owner', 'token'],
      ['secret.set', 'owner', 'token'],
      ['secret.removed', 'owner', 'token'],
    ],
  );
  assert.doesNotMatch(JSON.stringify(events), /canary/);
});

test('a sealed value is a source like any other: in a header, with several lines only where those may be', async (context) => {
  const { open } = await site(context);
  const values = await open();
  await values.set('token', CANARY, owner);
  await values.set('pem', 'line\nline', owner);
  const credentials = createCredentials({ secrets: createSecretReader({ sealed: values }) });
  const resolved = await credentials.read({ bearer: { sealed: 'token' } }, { target: 'lab' });
  assert.equal(resolved.kind === 'headers' && resolved.headers[0]?.[1].reveal(), `Bearer ${CANARY}`);
  await assert.rejects(credentials.read({ bearer: { sealed: 'pem' } }, { target: 'lab' }), missing(/line break/));
  const spec = { certificate: { user: 'app', certificate: { sealed: 'pem' }, key: { sealed: 'pem' } } };
  const certificate = await credentials.read(spec, { target: 'lab' });
  assert.equal(certificate.kind === 'certificate' && certificate.key.reveal(), 'line\nline');
  await assert.rejects(createCredentials().read({ bearer: { sealed: 'token' } }, { target: 'lab' }), missing(/no sealed value here/));
});

test('a value opens under its own name only, and not where its row was changed', async (context) => {
  const { open, storage } = await site(context);
  const values = await open();
  await values.set('mine', CANARY, owner);
  await values.set('theirs', 'other', owner);
  const row = await storage.db.selectFrom('secrets').selectAll().where('name', '=', 'mine').executeTakeFirstOrThrow();
  await storage.db.updateTable('secrets').set({ sealed: row.sealed, version: 'moved' }).where('name', '=', 'theirs').execute();
  await until('a look', () => values.read('theirs').then((value) => (value === 'other' ? undefined : assert.fail()), () => true)); // prettier-ignore
  await assert.rejects(values.read('theirs'), missing(/theirs cannot be opened: its row was changed or belongs elsewhere/));
  const flipped = Buffer.from(row.sealed, 'base64');
  flipped[40] = (flipped[40] ?? 0) ^ 1;
  await storage.db
    .updateTable('secrets')
    .set({ sealed: flipped.toString('base64'), version: 'flipped' })
    .where('name', '=', 'mine')
    .execute();
  await until('a look', () => values.read('mine').then(() => undefined, () => true)); // prettier-ignore
  await assert.rejects(values.read('mine'), missing(/cannot be opened/));
});

test('the database and its files hold no value, and no two rows of one value are alike', async (context) => {
  const { open, storage, folder } = await site(context);
  const values = await open();
  await values.set('one', CANARY, owner);
  await values.set('two', CANARY, owner);
  const rows = await storage.db.selectFrom('secrets').selectAll().execute();
  assert.equal(new Set(rows.map(({ sealed }) => sealed)).size, 2);
  for (const name of await readdir(folder)) {
    const bytes = await readFile(join(folder, name));
    for (const text of [CANARY, Buffer.from(CANARY).toString('base64'), Buffer.from(CANARY).toString('hex')]) assert.equal(bytes.includes(text), false, name);
  }
});

test('everything is sealed anew with a new key, while it is in use, and then the old key opens nothing', async (context) => {
  const { open, keys, storage } = await site(context);
  const [one, two] = [await open(), await open()];
  await one.set('a', CANARY, owner);
  await one.set('b', CANARY, owner);
  const { id: old } = await keys.current();
  await keys.rotate();
  assert.equal(await one.read('a'), CANARY);
  assert.equal(await one.reseal(), 2);
  assert.equal(await one.reseal(), 0);
  keys.all.splice(1);
  const fresh = await open();
  assert.deepEqual([await one.read('a'), await fresh.read('b')], [CANARY, CANARY]);
  await until('the other process', async () => ((await two.read('a').catch(() => undefined)) === CANARY ? true : undefined));
  const left = await storage.db.selectFrom('secrets').select('name').where('key_id', '=', old).execute();
  assert.deepEqual(left, []);
});

test('with its key gone a value is not used, and the message names the key', async (context) => {
  const { open, keys } = await site(context);
  await (await open()).set('a', CANARY, owner);
  const { id } = await keys.current();
  await keys.rotate();
  keys.all.splice(1);
  await assert.rejects((await open()).read('a'), missing(new RegExp(`the key ${id} that sealed the sealed value a is not there`)));
});

test('with the database away, what is known serves some minutes and no longer', async (context) => {
  const { open, storage, time } = await site(context);
  const values = await open();
  await values.set('a', CANARY, owner);
  await values.read('a');
  await storage.db.schema.alterTable('secrets').renameTo('secrets_away').execute();
  time.now += 4 * 60_000;
  assert.equal(await values.read('a'), CANARY);
  time.now += 2 * 60_000;
  await assert.rejects(values.read('a'), missing(/the database is away/));
  await storage.db.schema.alterTable('secrets_away').renameTo('secrets').execute();
  await until('the database', async () => ((await values.read('a').catch(() => undefined)) === CANARY ? true : undefined));
});
