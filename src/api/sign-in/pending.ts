import { seal, unseal } from '../../core/seal.ts';
import type { Begun } from '../../identity/sign-in-provider.ts';

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
  const secure = url.startsWith('https:');
  const prefix = secure ? '__Host-sallyport-start-' : 'sallyport-start-';
  const nameOf = (state: string): string => `${prefix}${state.slice(0, 16)}`;
  const write = (name: string, value: string, maxAge: number): string =>
    `${name}=${value}; Path=/; Max-Age=${maxAge}; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`;
  const bound = (state: string): readonly unknown[] => ['sign-in', url, state];

  return {
    set(pending, cookies = '') {
      const others = cookies
        .split(';')
        .map((pair) => pair.trim().split('=', 1)[0] ?? '')
        .filter((name) => name.startsWith(prefix));
      const value = seal(JSON.stringify(pending), bound(pending.state), key);
      return [
        write(nameOf(pending.state), value, PENDING_MS / 1000),
        ...others.slice(0, Math.max(0, others.length + 1 - MAX_PENDING)).map((name) => write(name, '', 0)),
      ];
    },
    read(state, cookies = '') {
      if (!STATE.test(state)) return undefined;
      const start = `${nameOf(state)}=`;
      const values = cookies
        .split(';')
        .map((pair) => pair.trim())
        .filter((pair) => pair.startsWith(start));
      const text = values.length === 1 ? unseal(values[0]?.slice(start.length) ?? '', bound(state), key) : undefined;
      if (text === undefined) return undefined;
      // Only `set` seals.
      const pending = JSON.parse(text) as Pending;
      return pending.state === state && now() < pending.endsAt ? pending : undefined;
    },
    clear: (state) => write(nameOf(state), '', 0),
  };
}
