import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { makeDatabase } from '../../test/support/databases.ts';
import { startPostgres, type TestPostgres } from '../../test/support/postgres.ts';
import { testApprovals } from './conformance.ts';

const folder = mkdtempSync(join(tmpdir(), 'sallyport-approvals-'));
let server: TestPostgres | undefined;
let databases = 0;

before(async () => {
  server = await startPostgres();
  assert.ok(server, 'the PostgreSQL server is not installed: apt-get install postgresql');
});

after(async () => {
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const freshPostgres = (): Promise<string> => makeDatabase(server?.url ?? '', `approvals_${(databases += 1)}`);

testApprovals({ name: 'SQLite', fresh: async () => `sqlite:${join(folder, `${(databases += 1)}.db`)}` });
testApprovals({ name: 'PostgreSQL', fresh: freshPostgres });
