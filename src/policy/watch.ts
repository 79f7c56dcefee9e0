import { watch, type FSWatcher } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SallyportError } from '../core/error.ts';
import { loadResources, type ResourceOptions, type Resources } from './resources.ts';
import { compilePolicy, type Snapshot } from './snapshot.ts';

export interface WatchHandlers {
  /** A sound set that differs from the one before. */
  onChange(snapshot: Snapshot, resources: Resources): void;
  /** A set that cannot be used: whatever was in use stays. Called once for each state of the files. */
  onRefused(error: SallyportError): void;
}

export interface WatchOptions extends ResourceOptions {
  /** Revision of the snapshot in use; a set of this revision is no change. */
  readonly revision?: string;
  /** How long the files must be quiet before they are read, in milliseconds. Default 100. */
  readonly quietMs?: number;
  /** How often the files are looked at where the system does not tell of changes. Default 2000. */
  readonly pollMs?: number;
}

/** Follows the files until `signal` aborts; resolves then. The system's notices make it quick, looking at the files makes it sure. */
export async function watchResources(path: string, handlers: WatchHandlers, signal: AbortSignal, options: WatchOptions = {}): Promise<void> {
  const { quietMs = 100, pollMs = 2000 } = options;
  let revision = options.revision;
  let seen: string | undefined;
  const bell = makeBell(path);
  try {
    while (!signal.aborted) {
      const state = await settledState(path, quietMs, signal);
      if (state !== seen && !signal.aborted) {
        seen = state;
        revision = await reload(path, handlers, options, revision);
      }
      await bell.wait(pollMs, signal);
    }
  } finally {
    bell.close();
  }
}

async function reload(path: string, handlers: WatchHandlers, options: ResourceOptions, revision: string | undefined): Promise<string | undefined> {
  let resources: Resources;
  let snapshot: Snapshot;
  try {
    resources = await loadResources(path, options);
    snapshot = compilePolicy(resources);
  } catch (cause) {
    handlers.onRefused(cause instanceof SallyportError ? cause : new SallyportError('resources_invalid', 'the resources cannot be read', { cause }));
    return revision;
  }
  if (snapshot.revision !== revision) handlers.onChange(snapshot, resources);
  return snapshot.revision;
}

/** The files' state once it has not changed for `quietMs`: an editor may write a file in several steps. */
async function settledState(path: string, quietMs: number, signal: AbortSignal): Promise<string> {
  let state = await stateOf(path);
  for (let tries = 0; tries < 50; tries += 1) {
    await pause(quietMs, signal);
    const next = await stateOf(path);
    if (next === state || signal.aborted) return next;
    state = next;
  }
  return state;
}

/** Names, sizes, times and numbers of the files: differs whenever one of them was written, added or removed. */
async function stateOf(path: string, deeper = 2): Promise<string> {
  const info = await stat(path, { bigint: true }).catch(() => undefined);
  if (!info) return 'absent';
  const own = `${info.ino}.${info.size}.${info.mtimeNs}.${info.ctimeNs}`;
  if (!info.isDirectory() || deeper === 0) return own;
  const names = await readdir(path).catch(() => []);
  names.sort((a, b) => (a < b ? -1 : 1));
  const inner = await Promise.all(names.map(async (name) => `${name}:${await stateOf(join(path, name), deeper - 1)}`));
  return [own, ...inner].join('\n');
}

interface Bell {
  /** Resolves when something rang since the last call, after `ms`, or when `signal` aborts. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
  close(): void;
}

function makeBell(path: string): Bell {
  let rung = false;
  let wake = (): void => {};
  const ring = (): void => {
    rung = true;
    wake();
  };
  const watchers = [path, dirname(path)].flatMap((folder, index) => startWatcher(folder, { recursive: index === 0 }, ring));
  return {
    wait: async (ms, signal) => {
      const stop = new AbortController();
      wake = () => stop.abort();
      if (!rung) await pause(ms, AbortSignal.any([signal, stop.signal]));
      rung = false;
    },
    close: () => watchers.forEach((watcher) => watcher.close()),
  };
}

/** None where the system cannot watch: the files are then looked at every `pollMs`. The parent is watched for a path that is replaced. */
function startWatcher(folder: string, depth: { readonly recursive: boolean }, ring: () => void): readonly FSWatcher[] {
  try {
    const watcher = watch(folder, { ...depth, persistent: false }, ring);
    watcher.on('error', () => watcher.close());
    return [watcher];
  } catch {
    return [];
  }
}

const pause = (ms: number, signal: AbortSignal): Promise<void> => sleep(ms, undefined, { signal }).catch(() => {});
