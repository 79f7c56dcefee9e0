/** What travels between the driver and the worker thread that owns the SQLite file: one message a statement. */
export interface SqliteRequest {
  readonly id: number;
  readonly sql: string;
  readonly parameters: readonly SqliteValue[];
}

export type SqliteValue = null | number | string;

export type SqliteReply =
  | { readonly id: number; readonly rows: readonly unknown[]; readonly changes?: number | bigint }
  | { readonly id: number; readonly error: SqliteProblem };

export interface SqliteProblem {
  readonly message: string;
  /** SQLite's extended result code. */
  readonly errcode?: number;
}

/** The worker's first word: it has the file open, or why not. */
export type SqliteGreeting = { readonly ready: true } | { readonly ready: false; readonly error: SqliteProblem };
