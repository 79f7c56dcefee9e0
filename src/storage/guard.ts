import type { CompiledQuery, DatabaseConnection, Driver, QueryResult, TransactionSettings } from 'kysely';
import { SallyportError } from '../core/error.ts';

/**
 * Makes two databases behave as one: what only one of them could store is refused before it is sent, and every failure
 * is a `SallyportError`: `conflict` for a key that exists already, `storage_failed` for everything else.
 */
export class GuardedDriver implements Driver {
  readonly #inner: Driver;

  constructor(inner: Driver) {
    this.#inner = inner;
  }

  init(): Promise<void> {
    return guarded(this.#inner.init());
  }

  async acquireConnection(): Promise<DatabaseConnection> {
    return new GuardedConnection(await guarded(this.#inner.acquireConnection()));
  }

  releaseConnection(connection: DatabaseConnection): Promise<void> {
    return guarded(this.#inner.releaseConnection(innerOf(connection)));
  }

  beginTransaction(connection: DatabaseConnection, settings: TransactionSettings): Promise<void> {
    return guarded(this.#inner.beginTransaction(innerOf(connection), settings));
  }

  commitTransaction(connection: DatabaseConnection): Promise<void> {
    return guarded(this.#inner.commitTransaction(innerOf(connection)));
  }

  rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    return guarded(this.#inner.rollbackTransaction(innerOf(connection)));
  }

  destroy(): Promise<void> {
    return guarded(this.#inner.destroy());
  }
}

class GuardedConnection implements DatabaseConnection {
  readonly inner: DatabaseConnection;

  constructor(inner: DatabaseConnection) {
    this.inner = inner;
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    query.parameters.forEach(checkParameter);
    return guarded(this.inner.executeQuery<R>(query));
  }

  streamQuery<R>(query: CompiledQuery, chunkSize: number): AsyncIterableIterator<QueryResult<R>> {
    query.parameters.forEach(checkParameter);
    return this.inner.streamQuery<R>(query, chunkSize);
  }
}

function innerOf(connection: DatabaseConnection): DatabaseConnection {
  if (connection instanceof GuardedConnection) return connection.inner;
  throw new SallyportError('internal', 'a connection of another driver');
}

/** PostgreSQL stores no NUL, neither stores half a surrogate pair: a value that came back changed could not be trusted. */
function checkParameter(value: unknown): void {
  if (typeof value === 'string') {
    if (value.includes('\0')) throw new SallyportError('storage_failed', 'text with a NUL character cannot be stored');
    if (!value.isWellFormed()) throw new SallyportError('storage_failed', 'text that is not valid Unicode cannot be stored');
    return;
  }
  if (typeof value === 'number' ? Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value)) : value === null) return;
  throw new SallyportError('storage_failed', `a value of type ${typeof value} cannot be stored`);
}

export async function guarded<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    if (cause instanceof SallyportError) throw cause;
    if (isDuplicate(cause)) throw new SallyportError('conflict', 'a row with this key exists already', { cause });
    throw new SallyportError('storage_failed', 'the database failed', { hint: 'the operator of the gateway is told the cause', cause });
  }
}

/** SQLITE_CONSTRAINT_UNIQUE, SQLITE_CONSTRAINT_PRIMARYKEY; SQLSTATE unique_violation. */
function isDuplicate(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if ('errcode' in error) return error.errcode === 2067 || error.errcode === 1555;
  return 'code' in error && error.code === '23505';
}
