import type { ApiClient } from './client.ts';

export const LOCK_KINDS = ['subject', 'target', 'session'] as const;
export type LockKind = (typeof LOCK_KINDS)[number];

export interface LockAsk {
  readonly kind: LockKind;
  readonly name: string;
  readonly reason: string;
}

export interface LockView extends LockAsk {
  /** Who placed it. */
  readonly by: string;
  readonly at: string;
}

export async function listLocks(client: ApiClient, signal: AbortSignal): Promise<readonly LockView[]> {
  return (await client.call<{ readonly locks: readonly LockView[] }>('locks', { signal })).locks;
}

export async function placeLock(client: ApiClient, lock: LockAsk): Promise<LockView> {
  return client.call('locks', { method: 'POST', body: lock });
}

export async function liftLock(client: ApiClient, lock: LockAsk): Promise<void> {
  await client.call('locks/lift', { method: 'POST', body: lock });
}
