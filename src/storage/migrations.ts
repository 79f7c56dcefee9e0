import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CompiledQuery, sql, type Kysely, type Transaction } from 'kysely';
import { SallyportError } from '../core/error.ts';
import type { Schema } from './schema.ts';

/** One step of the schema: a file that never changes once it was released. */
export interface Migration {
  readonly name: string;
  readonly text: string;
}

const FOLDER = join(import.meta.dirname, 'migrations');

/** Any number; all processes that migrate one PostgreSQL database agree on it. */
const LOCK = 7_600_001;

export async function readMigrations(folder: string = FOLDER): Promise<readonly Migration[]> {
  const names = (await readdir(folder)).filter((name) => /^\d{3}-[a-z0-9-]+\.sql$/.test(name)).toSorted();
  return Promise.all(names.map(async (name) => ({ name, text: (await readFile(join(folder, name), 'utf8')).replaceAll('\r\n', '\n') })));
}

/**
 * Brings the database up to date, all or nothing, in one transaction that a second process waits for. Throws
 * `storage_failed` where the database holds a migration that is unknown here, or one whose file has changed since.
 */
export async function migrate(db: Kysely<Schema>, kind: 'sqlite' | 'postgres', migrations: readonly Migration[], now: () => number): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    if (kind === 'postgres') await sql`select pg_advisory_xact_lock(${LOCK})`.execute(transaction);
    await sql`create table if not exists migrations (name text primary key, sha256 text not null, applied_at bigint not null)`.execute(transaction);
    const applied = await transaction.selectFrom('migrations').selectAll().orderBy('name').execute();
    applied.forEach((row, index) => checkApplied(row, migrations[index]));
    for (const migration of migrations.slice(applied.length)) await apply(transaction, kind, migration, now());
  });
}

function checkApplied(row: Schema['migrations'], migration: Migration | undefined): void {
  if (migration?.name !== row.name) {
    throw new SallyportError('storage_failed', `the database holds migration ${row.name}, which this version of sallyport does not know`, {
      hint: 'start the newer version that made it, or restore a backup from before the upgrade',
    });
  }
  if (hashOf(migration) !== row.sha256) {
    throw new SallyportError('storage_failed', `migration ${row.name} has changed since it was applied`, {
      hint: 'put the released file back: a change of the schema is a new file',
    });
  }
}

async function apply(transaction: Transaction<Schema>, kind: 'sqlite' | 'postgres', migration: Migration, now: number): Promise<void> {
  for (const statement of statementsOf(migration.text, kind)) await transaction.executeQuery(CompiledQuery.raw(statement));
  await transaction
    .insertInto('migrations')
    .values({ name: migration.name, sha256: hashOf(migration), applied_at: now })
    .execute();
}

/**
 * Our own files keep to this: comments have lines of their own, and a statement ends with a semicolon at the end of a line. The comment
 * `-- only sqlite` or `-- only postgres` right before a statement keeps it from the other.
 */
function statementsOf(text: string, kind: 'sqlite' | 'postgres'): readonly string[] {
  return text
    .replaceAll(/^-- only (sqlite|postgres)$/gm, '@only $1')
    .replaceAll(/^\s*--.*$/gm, '')
    .split(/;\s*$/m)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '' && (/^@only (\w+)/.exec(statement)?.[1] ?? kind) === kind)
    .map((statement) => statement.replace(/^@only \w+\s+/, ''));
}

const hashOf = (migration: Migration): string => createHash('sha256').update(migration.text).digest('hex');
