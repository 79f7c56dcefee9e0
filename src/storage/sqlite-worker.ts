/**
 * The thread that owns the SQLite file. SQLite is synchronous: here it may wait for the disk without stopping the
 * thread that moves bytes. It answers statements and procedures in the order in which they come, and knows nothing else.
 */
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import { RecentlyUsed } from '../core/recently-used.ts';
import { giveWay } from './give-way.ts';
import type { SqliteCall, SqliteGreeting, SqliteProblem, SqliteProcedure, SqliteReply, SqliteRequest, SqliteStatement } from './sqlite-messages.ts';

/** Prepared statements kept; batches of many sizes must not make memory grow. */
const STATEMENTS = 200;
const BUSY_MS = 10_000;
const BUSY = 5;

function openDatabase(path: string): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: BUSY_MS, enableForeignKeyConstraints: true });
  enterWal(database);
  database.exec('PRAGMA synchronous = FULL');
  return database;
}

/** The change to WAL needs the file for itself and does not wait by itself: two processes may start at once. */
function enterWal(database: DatabaseSync): void {
  for (const until = Date.now() + BUSY_MS; ; Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20)) {
    try {
      database.exec('PRAGMA journal_mode = WAL');
      return;
    } catch (error) {
      if (problem(error).errcode !== BUSY || Date.now() > until) throw error;
    }
  }
}

function answerFrom(database: DatabaseSync): (request: SqliteStatement) => SqliteReply {
  const statements = new RecentlyUsed<StatementSync>(STATEMENTS);
  return ({ id, sql, parameters }) => {
    // After some failures (disk full) SQLite has already rolled back by itself.
    if (sql === 'rollback' && !database.isTransaction) return { id, rows: [] };
    try {
      const statement = prepared(database, statements, sql);
      if (statement.columns().length > 0) return { id, rows: statement.all(...parameters) };
      return { id, rows: [], changes: statement.run(...parameters).changes };
    } catch (error) {
      return { id, error: problem(error) };
    }
  };
}

/** Each module is loaded once, and keeps what it has prepared. Whoever calls has the connection to itself until it is answered. */
function callFrom(database: DatabaseSync): (call: SqliteCall) => Promise<SqliteReply> {
  const open = new Map<string, (input: unknown) => unknown>();
  return async ({ id, module, input }) => {
    try {
      const known = open.get(module);
      // The caller names a module of the program's own, by a literal path.
      const procedure = known ?? ((await import(module)) as { readonly procedure: SqliteProcedure }).procedure(database);
      if (!known) open.set(module, procedure);
      return { id, output: procedure(input) };
    } catch (error) {
      return { id, error: problem(error) };
    }
  };
}

function prepared(database: DatabaseSync, statements: RecentlyUsed<StatementSync>, sql: string): StatementSync {
  const known = statements.get(sql);
  if (known) return known;
  const statement = database.prepare(sql);
  statements.set(sql, statement);
  return statement;
}

function problem(error: unknown): SqliteProblem {
  const message = error instanceof Error ? error.message : String(error);
  const errcode = error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' ? error.errcode : undefined;
  return errcode === undefined ? { message } : { message, errcode };
}

function serve(): void {
  const port = parentPort;
  if (!port) throw new Error('this file is run as a worker thread');
  giveWay();
  const greet = (greeting: SqliteGreeting): void => port.postMessage(greeting);
  try {
    // The driver, and only it, starts this thread, with the path as its data.
    const database = openDatabase((workerData as { readonly path: string }).path);
    const answer = answerFrom(database);
    const call = callFrom(database);
    port.on('message', (request: SqliteRequest | 'close') => {
      if (request !== 'close') {
        if ('sql' in request) port.postMessage(answer(request));
        else void call(request).then((reply) => port.postMessage(reply));
        return;
      }
      database.close();
      port.close();
    });
    greet({ ready: true });
  } catch (error) {
    greet({ ready: false, error: problem(error) });
    port.close();
  }
}

serve();
