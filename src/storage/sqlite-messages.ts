import type { DatabaseSync } from 'node:sqlite';

/** What travels between the driver and the worker thread that owns the SQLite file: one message a statement, or a procedure. */
export type SqliteRequest = SqliteStatement | SqliteCall;

export interface SqliteStatement {
  readonly id: number;
  readonly sql: string;
  readonly parameters: readonly SqliteValue[];
}

export interface SqliteCall {
  readonly id: number;
  /** URL of a module that exports `procedure`. */
  readonly module: string;
  readonly input: unknown;
}

/** Work that is done beside the file, in one go: it opens and ends its transactions by itself. What it throws is told to the caller. */
export type SqliteProcedure<I = unknown, O = unknown> = (database: DatabaseSync) => (input: I) => O;

export type SqliteValue = null | number | string;

export type SqliteReply =
  | { readonly id: number; readonly rows: readonly unknown[]; readonly changes?: number | bigint }
  | { readonly id: number; readonly output: unknown }
  | { readonly id: number; readonly error: SqliteProblem };

export interface SqliteProblem {
  readonly message: string;
  /** SQLite's extended result code. */
  readonly errcode?: number;
}

/** The worker's first word: it has the file open, or why not. */
export type SqliteGreeting = { readonly ready: true } | { readonly ready: false; readonly error: SqliteProblem };
