import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { CompiledQuery, type DatabaseConnection, type Driver, type QueryResult, type TransactionSettings } from 'kysely';
import { SallyportError } from '../core/error.ts';
import type { SqliteGreeting, SqliteProblem, SqliteReply, SqliteRequest, SqliteValue } from './sqlite-messages.ts';
import { Turns } from './turns.ts';

/** An error that SQLite reported; `errcode` is its extended result code. */
class SqliteError extends Error {
  readonly errcode: number | undefined;

  constructor(problem: SqliteProblem) {
    super(problem.message);
    this.name = 'SqliteError';
    this.errcode = problem.errcode;
  }
}

/** kysely's driver over one connection in a worker thread. Whoever holds a transaction has the connection to itself. */
export class SqliteDriver implements Driver {
  readonly #path: string;
  readonly #turns = new Turns();
  #connection: SqliteConnection | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  async init(): Promise<void> {
    this.#connection = await SqliteConnection.open(this.#path);
  }

  async acquireConnection(): Promise<DatabaseConnection> {
    await this.#turns.take();
    if (!this.#connection) throw new SallyportError('storage_failed', 'the database is not open');
    return this.#connection;
  }

  /** Runs a procedure beside the file, in its turn: see `sqlite-messages.ts`. */
  async call(module: URL, input: unknown): Promise<unknown> {
    await this.#turns.take();
    try {
      if (!this.#connection) throw new SallyportError('storage_failed', 'the database is not open');
      return await this.#connection.call(module, input);
    } finally {
      this.#turns.give();
    }
  }

  async releaseConnection(): Promise<void> {
    this.#turns.give();
  }

  /** A transaction that may write takes the write lock at once: it can then not fail half-way because another has it. */
  async beginTransaction(connection: DatabaseConnection, settings: TransactionSettings): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw(settings.accessMode === 'read only' ? 'begin' : 'begin immediate'));
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('commit'));
  }

  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('rollback'));
  }

  async destroy(): Promise<void> {
    this.#turns.close(new SallyportError('storage_failed', 'the database is closed'));
    await this.#connection?.close();
  }
}

type SqliteAnswer = Exclude<SqliteReply, { readonly error: SqliteProblem }>;

class SqliteConnection implements DatabaseConnection {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, PromiseWithResolvers<SqliteAnswer>>();
  #next = 0;
  #ended: Error | undefined;

  static async open(path: string): Promise<SqliteConnection> {
    const worker = new Worker(new URL('./sqlite-worker.ts', import.meta.url), { workerData: { path }, name: 'sallyport-sqlite', execArgv: [] });
    // The worker's first message is its greeting.
    const [greeting] = (await once(worker, 'message')) as [SqliteGreeting];
    if (!greeting.ready) throw new SqliteError(greeting.error);
    return new SqliteConnection(worker);
  }

  private constructor(worker: Worker) {
    this.#worker = worker;
    worker.on('message', (reply: SqliteReply) => this.#settle(reply));
    worker.on('error', (error: Error) => this.#end(error));
    worker.on('exit', () => this.#end(new Error('the thread of the database has ended')));
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    // Parameters were checked by the guard around this driver.
    const reply = await this.#ask((id) => ({ id, sql: query.sql, parameters: query.parameters as readonly SqliteValue[] }));
    if (!('rows' in reply)) throw new SallyportError('internal', 'the thread of the database answered something else');
    // Rows travel as they are; kysely does not change them, and their type is what the query builder inferred.
    return { rows: reply.rows as R[], ...(reply.changes === undefined ? {} : { numAffectedRows: BigInt(reply.changes) }) };
  }

  async call(module: URL, input: unknown): Promise<unknown> {
    const reply = await this.#ask((id) => ({ id, module: module.href, input }));
    return 'output' in reply ? reply.output : undefined;
  }

  // oxlint-disable-next-line require-yield -- kysely's interface asks for an iterator
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new SallyportError('storage_failed', 'streams of rows are not supported: read page by page');
  }

  async close(): Promise<void> {
    if (this.#ended) return;
    const exited = once(this.#worker, 'exit');
    this.#post('close');
    await exited;
  }

  #ask(request: (id: number) => SqliteRequest): Promise<SqliteAnswer> {
    if (this.#ended) return Promise.reject(this.#ended);
    const id = (this.#next += 1);
    const waiter = Promise.withResolvers<SqliteAnswer>();
    this.#waiting.set(id, waiter);
    this.#post(request(id));
    return waiter.promise;
  }

  #post(message: SqliteRequest | 'close'): void {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
    this.#worker.postMessage(message);
  }

  #settle(reply: SqliteReply): void {
    const waiter = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if ('error' in reply) waiter?.reject(new SqliteError(reply.error));
    else waiter?.resolve(reply);
  }

  #end(error: Error): void {
    this.#ended ??= error;
    for (const waiter of this.#waiting.values()) waiter.reject(this.#ended);
    this.#waiting.clear();
  }
}
