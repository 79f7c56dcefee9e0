import { createCookie, type Cookie } from '../cookie.ts';

/** What tells, when the browser comes back from an authorization server, that it is the one that was sent there. */
export interface ConnectCookie extends Pick<Cookie, 'clear' | 'read'> {
  set(value: string): string;
}

const SECONDS = 600;

export function connectCookie(url: string): ConnectCookie {
  const { set, clear, read } = createCookie(url, { name: 'sallyport-connect', sameSite: 'Lax' });
  return { set: (value) => set(value, SECONDS), clear, read };
}
