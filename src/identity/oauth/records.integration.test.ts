import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { startPostgres, type TestPostgres } from '../../../test/support/postgres.ts';
import { openStorage, type Storage } from '../../storage/storage.ts';
import { openConsents } from './consents.ts';
import { openRecords, type Records, type RecordsOptions } from './records.ts';

const START = Date.parse('2026-11-21T12:00:00Z');
const HOUR_MS = 3_600_000;
const folder = mkdtempSync(join(tmpdir(), 'sallyport-oauth-records-'));
let postgres: TestPostgres | undefined;

before(async () => {
  postgres = await startPostgres();
  assert.ok(postgres, 'the PostgreSQL server is not installed: apt-get install postgresql');
});
after(async () => {
  await postgres?.stop();
  rmSync(folder, { recursive: true, force: true });
});

for (const kind of ['sqlite', 'postgres'] as const) {
  describe(`records of the OAuth server in ${kind}`, () => {
    let storage: Storage;
    let now = START;
    const ended: string[] = [];
    const open = (more: Partial<RecordsOptions> = {}): Records =>
      openRecords({ storage, now: () => now, onGrantEnded: (id) => Promise.resolve(void ended.push(id)), configured: () => undefined, ...more });

    before(async () => {
      storage = await openStorage({ url: kind === 'sqlite' ? join(folder, 'db') : (postgres?.url ?? '') });
    });
    after(() => storage?.close());

    test('a code is found by itself, and no row holds it', async () => {
      const codes = open().adapter('AuthorizationCode');
      await codes.upsert('the-code', { jti: 'the-code', grantId: 'g1', accountId: 'a' }, 60);
      assert.deepEqual(await codes.find('the-code'), { jti: 'the-code', grantId: 'g1', accountId: 'a' });
      for (const other of ['the-cod', 'the-code ', '', 'hash:', 'THE-CODE']) assert.equal(await codes.find(other), undefined, other);
      assert.equal(await open().adapter('RefreshToken').find('the-code'), undefined);
      const rows = await storage.db.selectFrom('oauth_records').selectAll().execute();
      assert.ok(!JSON.stringify(rows).includes('the-code'));
      // Who reads a hash in the database cannot use it as an id.
      for (const row of rows) for (const id of [row.id_hash, `hash:${row.id_hash}`]) assert.equal(await codes.find(id), undefined);
    });

    test('is used once, by one of any number at a time; the others end its grant', async () => {
      const records = open();
      const codes = records.adapter('AuthorizationCode');
      await codes.upsert('once', { jti: 'once', grantId: 'g2' }, 60);
      const outcomes = await Promise.allSettled([1, 2, 3].map(() => codes.consume('once')));
      assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1);
      assert.ok(ended.includes('g2'));
      assert.equal(await codes.find('once'), undefined);
      await codes.upsert('used', { jti: 'used', grantId: 'g3' }, 60);
      await codes.consume('used');
      assert.equal((await codes.find('used'))?.consumed, START / 1000);
    });

    test('the end of a grant takes all that came of it, and nothing else', async () => {
      const records = open();
      const [grants, refresh] = [records.adapter('Grant'), records.adapter('RefreshToken')];
      await grants.upsert('g4', { jti: 'g4' }, 60);
      await refresh.upsert('r4', { jti: 'r4', grantId: 'g4' }, 60);
      await refresh.upsert('r5', { jti: 'r5', grantId: 'g5' }, 60);
      await records.adapter('AccessToken').revokeByGrantId('g4');
      assert.deepEqual([await grants.find('g4'), await refresh.find('r4')], [undefined, undefined]);
      assert.ok(await refresh.find('r5'));
      assert.deepEqual(
        ended.filter((id) => id === 'g4' || id === 'g5'),
        ['g4'],
      );
    });

    test('a proof that was seen is seen for good, also by two at once', async () => {
      const seen = open().adapter('ReplayDetection');
      const both = await Promise.allSettled([seen.upsert('proof', { iss: 'x' }, 60), seen.upsert('proof', { iss: 'x' }, 60)]);
      assert.equal(both.filter(({ status }) => status === 'fulfilled').length, 1);
    });

    test('a device’s code is found by what a person types, and is written again without it', async () => {
      const codes = open().adapter('DeviceCode');
      await codes.upsert('device', { jti: 'device', userCode: 'BCDFGHJK', clientId: 'c' }, 60);
      const typed = await codes.findByUserCode('BCDFGHJK');
      assert.equal(typed?.['clientId'], 'c');
      await codes.upsert(String(typed?.['jti']), { ...typed, accountId: 'somebody' }, 60);
      assert.equal((await codes.find('device'))?.accountId, 'somebody');
      assert.equal((await codes.findByUserCode('BCDFGHJK'))?.accountId, 'somebody');
      assert.equal(await codes.findByUserCode('BCDFGHJL'), undefined);
      assert.ok(!JSON.stringify(await storage.db.selectFrom('oauth_records').selectAll().execute()).includes('BCDFGHJK'));
    });

    test('a client that nobody let in is forgotten after a day, one that is used is not; a configured one is asked first', async () => {
      const records = open({ configured: (id) => (id === 'robot' ? { client_id: 'robot' } : undefined) });
      const clients = records.adapter('Client');
      await clients.upsert('unused', { client_id: 'unused', client_secret: 's3cret' }, undefined);
      await clients.upsert('used', { client_id: 'used' }, undefined);
      await records.clientUsed('used');
      assert.match(String((await clients.find('unused'))?.['client_secret']), /^sha256:[0-9a-f]{64}$/);
      now = START + 25 * HOUR_MS;
      assert.deepEqual([await clients.find('unused'), (await clients.find('used'))?.['client_id']], [undefined, 'used']);
      assert.equal((await clients.find('robot'))?.['client_id'], 'robot');
      now = START;
    });

    test('registrations are bounded: the oldest that nobody used makes room, and one that is used never does', async () => {
      const { count } = await storage.db
        .selectFrom('oauth_records')
        .select((make) => make.fn.countAll<number | string>().as('count'))
        .where('model', '=', 'Client')
        .executeTakeFirstOrThrow();
      const records = open({ registrations: { most: Number(count) + 1 } });
      const clients = records.adapter('Client');
      await clients.upsert('first', { client_id: 'first' }, undefined);
      now += 1;
      for (const id of ['second', 'third']) await clients.upsert(id, { client_id: id }, undefined);
      assert.ok(await clients.find('used'));
      assert.ok(await clients.find('third'));
      assert.equal(await clients.find('unused'), undefined);
      now = START;
    });

    test('what is over is removed', async () => {
      const codes = open().adapter('AuthorizationCode');
      await codes.upsert('old', { jti: 'old' }, 60);
      now = START + HOUR_MS;
      await open().adapter('AuthorizationCode').upsert('new', { jti: 'new' }, 60);
      const left = await storage.db.selectFrom('oauth_records').select('expires_at').where('model', '=', 'AuthorizationCode').execute();
      assert.equal(left.length, 1);
      now = START;
    });

    test('a yes holds for one person, client, place, target and no more scope than it was given for', async () => {
      const consents = openConsents(storage, () => now);
      const subject = { kind: 'person', id: 'ann', name: 'ann', groups: [], issuer: 'local' } as const;
      const question = { subject, clientId: 'c', redirectUri: 'https://app.example/cb', target: 'models', scope: 'mcp:read' };
      assert.equal(await consents.has(question), false);
      await consents.give(question);
      assert.equal(await consents.has(question), true);
      const others = [
        { ...question, subject: { ...subject, id: 'bob' } },
        { ...question, subject: { ...subject, issuer: 'https://idp.example' } },
        { ...question, subject: { ...subject, kind: 'workload' as const } },
        { ...question, clientId: 'd' },
        { ...question, redirectUri: 'https://app.example/cb2' },
        { ...question, target: 'payroll' },
        { ...question, scope: 'mcp:read mcp:write' },
      ];
      for (const other of others) assert.equal(await consents.has(other), false);
      const local = { ...question, redirectUri: 'http://127.0.0.1/cb' };
      await consents.give(local);
      assert.equal(await consents.has(local), false, 'any program can listen there');
    });
  });
}
