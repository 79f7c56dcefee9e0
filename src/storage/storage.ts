/**
 * Storage owns the rows: the schema, its migrations, and one way to reach SQLite (embedded) and PostgreSQL (shared).
 * Called by approval, audit, identity and the gateway. It must not know what the rows mean.
 */
import { existsSync } from 'node:fs';
import { Kysely, type Dialect } from 'kysely';
import { SallyportError } from '../core/error.ts';
import { migrate, readMigrations, type Migration } from './migrations.ts';
import { postgresDialect } from './postgres.ts';
import type { Schema } from './schema.ts';
import { guarded } from './guard.ts';
import { SqliteDriver } from './sqlite-driver.ts';
import { makeDatabaseFile, sqliteDialect } from './sqlite.ts';

export interface Storage {
  readonly db: Kysely<Schema>;
  readonly kind: 'sqlite' | 'postgres';
  /**
   * The embedded database only: what a module's `procedure` (`sqlite-messages.ts`) does with an input, in the thread that has the file.
   * For work on so many rows that sending them there, one value after another, would cost more than the work.
   */
  readonly procedure?: (module: URL, input: unknown) => Promise<unknown>;
  close(): Promise<void>;
}

export interface StorageOptions {
  /** `sqlite:<path>` or a path for the embedded database, `postgres://…` for a shared one. */
  readonly url: string;
  readonly migrations?: readonly Migration[];
  readonly now?: () => number;
  /** Hears of database connections that broke while nobody used them. */
  readonly report?: (error: Error) => void;
}

/** Opens the database and brings it up to date. Throws `config_invalid` for a url of another kind, else `storage_failed`. */
export async function openStorage(options: StorageOptions): Promise<Storage> {
  const place = placeOf(options.url);
  const { dialect, procedure } = openDialect(place, options.report ?? (() => {}));
  const db = new Kysely<Schema>({ dialect, log: [] });
  try {
    await migrate(db, place.kind, options.migrations ?? (await readMigrations()), options.now ?? Date.now);
  } catch (error) {
    await db.destroy().catch(() => {});
    throw error;
  }
  return { db, kind: place.kind, ...(procedure ? { procedure } : {}), close: () => db.destroy() };
}

/** Connects to a database as it is, to read it: nothing is made, and nothing brought up to date. Throws `not_found` where there is no such file. */
export function connectStorage({ url, report = () => {} }: Pick<StorageOptions, 'url' | 'report'>): Storage {
  const place = placeOf(url);
  if (place.kind === 'sqlite' && !existsSync(place.path)) throw new SallyportError('not_found', `there is no database ${place.path}`);
  const { dialect } = openDialect(place, report);
  const db = new Kysely<Schema>({ dialect, log: [] });
  return { db, kind: place.kind, close: () => db.destroy() };
}

type Place = { readonly kind: 'sqlite'; readonly path: string } | { readonly kind: 'postgres'; readonly url: string };

function placeOf(url: string): Place {
  if (/^postgres(ql)?:\/\//.test(url)) return { kind: 'postgres', url };
  const path = url.replace(/^sqlite:(\/\/(?=\/))?/, '');
  // The rest of such a url may hold a password: it is not repeated.
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(path)) throw new SallyportError('config_invalid', 'the database must be a path, sqlite:<path> or postgres://…');
  if (path === '') throw new SallyportError('config_invalid', 'the path of the database is empty');
  return { kind: 'sqlite', path };
}

function openDialect(place: Place, report: (error: Error) => void): { readonly dialect: Dialect } & Pick<Storage, 'procedure'> {
  if (place.kind === 'postgres') return { dialect: postgresDialect(place.url, report) };
  try {
    makeDatabaseFile(place.path);
  } catch (cause) {
    throw new SallyportError('storage_failed', `the database file cannot be made: ${place.path}`, { hint: 'check the folder and its permissions', cause });
  }
  const driver = new SqliteDriver(place.path);
  return { dialect: sqliteDialect(driver), procedure: (module, input) => guarded(driver.call(module, input)) };
}
