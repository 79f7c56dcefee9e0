import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { startPostgres, type TestPostgres } from '../../test/support/postgres.ts';
import type { Event } from '../core/event.ts';
import { openStorage, type Storage } from '../storage/storage.ts';
import { openDatabaseLogins } from './database-logins.ts';
import { makeVerifier } from './scram-verifier.ts';

let folder: string;
let server: TestPostgres | undefined;
const storages: Storage[] = [];
const subject = { kind: 'person', id: '1', name: 'Ann Example@corp', groups: ['staff'], issuer: 'local' } as const;
const HOUR = 3_600_000;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-logins-'));
  server = await startPostgres();
  assert.ok(server, 'the PostgreSQL server is not installed');
  storages.push(await openStorage({ url: join(folder, 'sallyport.db') }), await openStorage({ url: server.url }));
});
after(async () => {
  for (const storage of storages) await storage.close();
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

test('a login opens one target until it ends, and its password is kept nowhere', async () => {
  for (const storage of storages) {
    let now = Date.now();
    const events: Event[] = [];
    const logins = openDatabaseLogins(storage, { recorder: { append: (event) => Promise.resolve(void events.push(event)) }, now: () => now });
    const { user, password, expiresAt } = await logins.mint({ subject, target: 'shop', clientId: 'cli', ttlMs: HOUR });
    assert.match(user, /^ann_example_corp-[0-9a-f]{10}$/);
    assert.equal(expiresAt, now + HOUR);
    const found = await logins.find(user);
    assert.deepEqual({ subject: found?.subject, target: found?.target }, { subject, target: 'shop' });
    now += 1000;
    assert.equal((await logins.find(user))?.issued.at, now - 1000, 'what ended its subject since then ends it, too');
    const { salt, iterations, storedKey } = found?.verifier ?? assert.fail('there is none');
    assert.deepEqual((await makeVerifier(password.reveal(), salt, iterations)).storedKey, storedKey);
    assert.notDeepEqual((await makeVerifier('another', salt, iterations)).storedKey, storedKey);
    const rows = JSON.stringify([await storage.db.selectFrom('database_logins').selectAll().execute(), events]);
    assert.ok(!rows.includes(password.reveal()));
    assert.equal(events[0]?.kind, 'token.issued');
    now += HOUR;
    assert.equal(await logins.find(user), undefined);
    assert.equal(await logins.find('nobody'), undefined);
  }
});

test('a login lives from ten minutes to eight hours', async () => {
  const [storage] = storages;
  assert.ok(storage);
  const logins = openDatabaseLogins(storage, { recorder: { append: () => Promise.resolve() } });
  for (const ttlMs of [0, 599_999, 8 * HOUR + 1]) await assert.rejects(logins.mint({ subject, target: 'shop', clientId: '', ttlMs }), { code: 'usage' });
  for (const ttlMs of [600_000, 8 * HOUR]) await logins.mint({ subject, target: 'shop', clientId: '', ttlMs });
});
