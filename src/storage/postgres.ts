import { PostgresAdapter, PostgresDriver, PostgresIntrospector, PostgresQueryCompiler, type Dialect } from 'kysely';
import { Pool, types, type CustomTypesConfig } from 'pg';
import { SallyportError } from '../core/error.ts';
import { GuardedDriver } from './guard.ts';

/** `report` hears of connections that broke while nobody used them; the pool replaces them. */
export function postgresDialect(url: string, report: (error: Error) => void): Dialect {
  return {
    createDriver: () => new GuardedDriver(new PostgresDriver({ pool: async () => openPool(url, report) })),
    createAdapter: () => new PostgresAdapter(),
    createQueryCompiler: () => new PostgresQueryCompiler(),
    createIntrospector: (db) => new PostgresIntrospector(db),
  };
}

function openPool(url: string, report: (error: Error) => void): Pool {
  const pool = new Pool({
    connectionString: url,
    max: 10,
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 30_000,
    statement_timeout: 15_000,
    query_timeout: 20_000,
    idle_in_transaction_session_timeout: 30_000,
    application_name: 'sallyport',
    types: { getTypeParser: typeParser },
  });
  // Without a listener a lost connection would end the process: idle ones report to the pool, those in use to the client.
  pool.on('error', report);
  pool.on('connect', (client) => client.on('error', report));
  return pool;
}

/** `pg` asks for the parser of every column by this one function, and by itself gives int8 as text. */
const typeParser: CustomTypesConfig['getTypeParser'] = (oid, format): ((text: string) => unknown) =>
  oid === types.builtins.INT8 && format !== 'binary' ? safeInteger : types.getTypeParser(oid, format);

function safeInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new SallyportError('storage_failed', 'a number in the database is too large to be exact');
  return value;
}
