import { hostname } from 'node:os';
import { accessSync, constants, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { explainError, SallyportError } from '../core/error.ts';

export interface FolderLock {
  release(): void;
}

interface Holder {
  readonly pid: number;
  readonly host: string;
  readonly since: string;
}

/**
 * One gateway on one folder. The kernel holds the lock (SQLite's file lock is the one that Node ships), so a process that dies frees
 * it, whatever its pid is in which container; `lock.holder` beside it only says who. See decisions/021.
 */
export function lockFolder(folder: string, now: () => Date = () => new Date()): FolderLock {
  checkWritable(folder);
  const database = new DatabaseSync(join(folder, 'lock'), { timeout: 0 });
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch (cause) {
    database.close();
    if (!isBusy(cause))
      throw new SallyportError('record_failed', `the journal ${folder} cannot be locked`, { cause, hint: 'the data folder must be on a disk with file locks' });
    throw new SallyportError('conflict', `the journal ${folder} is in use by ${describeHolder(folder)}`, {
      hint: 'stop that gateway, or give this one a data folder of its own: data in sallyport.yaml, SALLYPORT_DATA for npm start',
    });
  }
  const holder: Holder = { pid: process.pid, host: hostname(), since: now().toISOString() };
  writeFileSync(join(folder, 'lock.holder'), `${JSON.stringify(holder)}\n`, { mode: 0o600 });
  return { release: () => database.close() };
}

/** SQLite would say that it cannot open its file, and not why. */
function checkWritable(folder: string): void {
  try {
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw new SallyportError('record_failed', `the journal ${folder} cannot be written: ${explainError(cause)}`, {
      cause,
      hint: 'the data folder must be writable for the user that the gateway runs as, on a disk that is not mounted read-only',
    });
  }
}

const SQLITE_BUSY = 5;

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY;
}

function describeHolder(folder: string): string {
  try {
    const { pid, host, since } = JSON.parse(readFileSync(join(folder, 'lock.holder'), 'utf8')) as Partial<Holder>;
    return `process ${pid} on ${host}, since ${since}`;
  } catch {
    return 'another gateway';
  }
}
