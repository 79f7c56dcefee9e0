import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler, type Dialect } from 'kysely';
import { GuardedDriver } from './guard.ts';
import type { SqliteDriver } from './sqlite-driver.ts';

/** The driver keeps the line itself (first come, first served), so kysely's own mutex stays out of it. */
class QueuedAdapter extends SqliteAdapter {
  override get supportsMultipleConnections(): boolean {
    return true;
  }
}

export function sqliteDialect(driver: SqliteDriver): Dialect {
  return {
    createDriver: () => new GuardedDriver(driver),
    createAdapter: () => new QueuedAdapter(),
    createQueryCompiler: () => new SqliteQueryCompiler(),
    createIntrospector: (db) => new SqliteIntrospector(db),
  };
}

/** The file, readable by its owner only; SQLite gives its write-ahead log the same mode. */
export function makeDatabaseFile(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  closeSync(openSync(path, 'a', 0o600));
}
