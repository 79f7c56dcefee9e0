import { seal, unseal } from '../../core/seal.ts';
import type { Begun } from '../../identity/sign-in-provider.ts';
import { createCookie, type Cookie } from '../cookie.ts';

/** A sign-in that this browser began and a provider has not answered yet. */
export interface Pending extends Pick<Begun, 'state' | 'kept'> {
  readonly provider: string;
  readonly returnTo: string;
  /** Epoch milliseconds. */
  readonly endsAt: number;
}

/** Keeps what was begun in the browser that began it, sealed: any process can finish it, no other browser can. */
export interface PendingCookies {
  /** `Set-Cookie` headers; the oldest of many attempts are given up. */
  set(pending: Pending, cookies: string | undefined): readonly string[];
  read(state: string, cookies: string | undefined): Pending | undefined;
  clear(state: string): string;
}

export const PENDING_MS = 10 * 60_000;
/** Programs open several pages at once; each has its own attempt. */
const MAX_PENDING = 6;
const STATE = /^[A-Za-z0-9_-]{43}$/;

/** Lax: a provider's page sends the browser back here, and a strict cookie would not come along. */
export function pendingCookies({ url, key, now }: { readonly url: string; readonly key: Uint8Array; readonly now: () => number }): PendingCookies {
  const cookieOf = (attempt: string): Cookie => createCookie(url, { name: `sallyport-start-${attempt}`, sameSite: 'Lax' });
  const attemptOf = (state: string): string => state.slice(0, 16);
  const prefix = cookieOf('').name;
  const bound = (state: string): readonly unknown[] => ['sign-in', url, state];

  return {
    set(pending, cookies = '') {
      const others = cookies
        .split(';')
        .map((pair) => pair.trim().split('=', 1)[0] ?? '')
        .filter((name) => name.startsWith(prefix));
      const value = seal(JSON.stringify(pending), bound(pending.state), key);
      return [
        cookieOf(attemptOf(pending.state)).set(value, PENDING_MS / 1000),
        ...others.slice(0, Math.max(0, others.length + 1 - MAX_PENDING)).map((name) => cookieOf(name.slice(prefix.length)).clear()),
      ];
    },
    read(state, cookies) {
      if (!STATE.test(state)) return undefined;
      const value = cookieOf(attemptOf(state)).read(cookies);
      const text = value === undefined ? undefined : unseal(value, bound(state), key);
      if (text === undefined) return undefined;
      // Only `set` seals.
      const pending = JSON.parse(text) as Pending;
      return pending.state === state && now() < pending.endsAt ? pending : undefined;
    },
    clear: (state) => cookieOf(attemptOf(state)).clear(),
  };
}
