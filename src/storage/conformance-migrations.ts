import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StorageAdapter } from './storage-adapter.ts';
import { readMigrations, type Migration } from './migrations.ts';
import { openStorage } from './storage.ts';

const NOTES: Migration = { name: '999-notes.sql', text: '-- A comment; with a semicolon.\nCREATE TABLE notes (\n  id TEXT PRIMARY KEY\n);\n' };
const BROKEN: Migration = { name: '999-broken.sql', text: 'CREATE TABLE half (id TEXT);\nCREATE TABLE half (id TEXT);\n' };

export function testMigrations(adapter: StorageAdapter): void {
  const open = async (url: string, more: readonly Migration[] = []) => openStorage({ url, migrations: [...(await readMigrations()), ...more] });
  const applied = async (url: string, more: readonly Migration[] = []) => {
    const storage = await open(url, more);
    const rows = await storage.db.selectFrom('migrations').select('name').orderBy('name').execute();
    await storage.close();
    return rows.map((row) => row.name);
  };

  test(`${adapter.name}: migrations are applied once, in order, and a later start adds only what is new`, async () => {
    const url = await adapter.fresh();
    const first = await applied(url);
    assert.deepEqual(
      first,
      (await readMigrations()).map(({ name }) => name),
    );
    assert.deepEqual(await applied(url, [NOTES]), [...first, NOTES.name]);
  });

  test(`${adapter.name}: a migration that changed after it was applied is refused, and named`, async () => {
    const url = await adapter.fresh();
    await applied(url, [NOTES]);
    await assert.rejects(open(url, [{ ...NOTES, text: `${NOTES.text}-- one more line\n` }]), { code: 'storage_failed', message: /999-notes\.sql has changed/ });
    assert.ok((await applied(url, [NOTES])).includes(NOTES.name));
  });

  test(`${adapter.name}: a database newer than the program is refused`, async () => {
    const url = await adapter.fresh();
    await applied(url, [NOTES]);
    await assert.rejects(open(url), { code: 'storage_failed', message: /does not know/ });
  });

  test(`${adapter.name}: a migration that fails half-way leaves the database as it was`, async () => {
    const url = await adapter.fresh();
    const before = await applied(url);
    await assert.rejects(open(url, [BROKEN]), { code: 'storage_failed' });
    assert.deepEqual(await applied(url), before);
  });

  test(`${adapter.name}: processes that start at once migrate once`, async () => {
    const url = await adapter.fresh();
    const storages = await Promise.all(Array.from({ length: 4 }, () => open(url)));
    const rows = await storages[0]?.db.selectFrom('migrations').select('name').execute();
    await Promise.all(storages.map((storage) => storage.close()));
    assert.equal(rows?.length, (await readMigrations()).length);
  });
}
