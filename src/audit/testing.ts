/** What this folder's tests share: a data folder that goes away, events as the pipeline makes them, a disk that fails on demand. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { makeEvent, type Event, type EventKind, type EventParts } from '../core/event.ts';
import type { Body } from '../core/recorder.ts';
import { localDisk, type Disk, type DiskFile } from './disk.ts';
import type { Journal, JournalOptions } from './journal.ts';
import { openJournal } from './open-journal.ts';
import type { Leaf } from './leaf.ts';
import { readEvents } from './replay.ts';
import { verifyLog, type VerifyReport } from './verify.ts';

export interface DataFolder {
  readonly path: string;
  readonly journal: string;
  readonly keys: string;
  open(options?: Partial<JournalOptions>): Promise<Journal>;
  publicKey(): Promise<string>;
  verify(checkpoints?: readonly string[]): Promise<VerifyReport>;
}

export async function dataFolder(t: TestContext): Promise<DataFolder> {
  const path = await mkdtemp(join(tmpdir(), 'sallyport-audit-'));
  t.after(() => rm(path, { recursive: true, force: true }));
  const journal = join(path, 'journal');
  const keys = join(path, 'keys');
  const publicKey = (): Promise<string> => readFile(join(keys, 'checkpoint.pub'), 'utf8');
  return {
    path,
    journal,
    keys,
    open: (options = {}) => openJournal({ folder: journal, keysFolder: keys, writer: 'w1', checkpointEveryMs: 60_000, ...options }),
    publicKey,
    verify: async (checkpoints = []) => verifyLog({ folder: journal, publicKey: await publicKey(), checkpoints }),
  };
}

/** The whole log, read back. */
export async function leavesOf({ journal }: DataFolder): Promise<readonly Leaf[]> {
  return (await Array.fromAsync(readEvents({ folder: journal, writer: 'w1' }))).map(({ leaf }) => leaf);
}

export const SESSION = '01KA0000000000000000SESS01';

export function anEvent(kind: EventKind = 'command.forwarded', parts: EventParts = {}): Event {
  return makeEvent(kind, {
    session: SESSION,
    subject: { id: 'u1', name: 'scientist', kind: 'person', groups: ['data-science'], issuer: 'sallyport' },
    target: 'models',
    protocol: 'mcp',
    client: { address: '127.0.0.1', userAgent: 'test/1.0', id: '' },
    command: { name: 'tools/call run_model', digest: 'a'.repeat(64), flags: [] },
    ...parts,
  });
}

export function aBody(text: string, name: Body['name'] = 'request'): Body {
  return { name, contentType: 'application/json', bytes: Buffer.from(text) };
}

export type DiskOperation = 'create' | 'append' | 'sync' | 'truncate' | 'remove';

/** The real disk, but `fails` says for each operation whether it throws, and with which code. */
export function failingDisk(fails: (operation: DiskOperation, path: string) => string | undefined): Disk {
  const check = (operation: DiskOperation, path: string): void => {
    const code = fails(operation, path);
    if (code) throw Object.assign(new Error(`${code}: ${operation} ${path}`), { code });
  };
  const wrap = (file: DiskFile, path: string): DiskFile => ({
    append: async (bytes) => {
      try {
        check('append', path);
      } catch (error) {
        // As a disk that becomes full: a part of it is there.
        await file.append(bytes.subarray(0, Math.floor(bytes.length / 2)));
        throw error;
      }
      await file.append(bytes);
    },
    sync: async () => {
      check('sync', path);
      await file.sync();
    },
    truncate: async (size) => {
      check('truncate', path);
      await file.truncate(size);
    },
    close: () => file.close(),
  });
  return {
    ...localDisk,
    create: async (path) => {
      check('create', path);
      return wrap(await localDisk.create(path), path);
    },
    createLog: async (path) => {
      check('create', path);
      return wrap(await localDisk.createLog(path), path);
    },
    extend: async (path) => wrap(await localDisk.extend(path), path),
    remove: async (path) => {
      check('remove', path);
      await localDisk.remove(path);
    },
  };
}
