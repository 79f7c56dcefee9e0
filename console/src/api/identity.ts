import type { ApiClient } from './client.ts';
import { showPasskey, type Ceremony } from './passkeys.ts';

export interface Me {
  readonly subject: { readonly name: string; readonly kind: string; readonly groups: readonly string[] };
  readonly csrf: string;
  /** Names of the targets that the subject owns. */
  readonly owns: readonly string[];
  /** `all`: of the record everything may be read. */
  readonly reads: 'own' | 'all';
  /** A local account, which may have passkeys. */
  readonly local: boolean;
}

export interface NamePassword {
  readonly name: string;
  readonly password: string;
}

export interface SignInOptions {
  readonly providers: readonly SignInProvider[];
  /** Whether names and passwords are taken here at all. */
  readonly local: boolean;
}

export interface SignInProvider {
  readonly name: string;
  readonly title: string;
}

export function readSignInOptions(client: ApiClient, signal?: AbortSignal): Promise<SignInOptions> {
  return client.call<SignInOptions>('sign-in/options', signal ? { signal } : {});
}

/** The provider of the address's domain, by name. */
export async function providerOf(client: ApiClient, email: string): Promise<string | undefined> {
  const { provider } = await client.call<{ readonly provider: string | null }>('sign-in/route', { method: 'POST', body: { email } });
  return provider ?? undefined;
}

/** Where the sign-in with a provider begins; it ends at this very page. */
export function startPath(provider: string, { pathname, search, hash }: Pick<Location, 'pathname' | 'search' | 'hash'>, email?: string): string {
  const query = new URLSearchParams({ return_to: `${pathname}${search}${hash}`, ...(email === undefined ? {} : { email }) });
  return `/sign-in/${encodeURIComponent(provider)}/start?${query}`;
}

export async function readMe(client: ApiClient, signal?: AbortSignal): Promise<Me> {
  return keepCsrf(client, await client.call<Me>('me', signal ? { signal } : {}));
}

export async function signIn(client: ApiClient, given: NamePassword): Promise<Me> {
  const reply = await client.call<Me | { readonly passkey: Ceremony }>('sign-in', { method: 'POST', body: given });
  if (!('passkey' in reply)) return keepCsrf(client, reply);
  const body = { ceremony: reply.passkey.ceremony, response: await showPasskey(reply.passkey) };
  return keepCsrf(client, await client.call<Me>('sign-in/passkey', { method: 'POST', body }));
}

export async function signOut(client: ApiClient): Promise<void> {
  await client.call('sign-out', { method: 'POST', body: {} });
}

function keepCsrf(client: ApiClient, me: Me): Me {
  client.csrf = me.csrf;
  return me;
}
