import type { ApiClient } from './client.ts';

export interface Me {
  readonly subject: { readonly name: string; readonly kind: string; readonly groups: readonly string[] };
  readonly csrf: string;
  /** Names of the targets that the subject owns. */
  readonly owns: readonly string[];
}

export interface NamePassword {
  readonly name: string;
  readonly password: string;
}

export async function readMe(client: ApiClient, signal?: AbortSignal): Promise<Me> {
  return keepCsrf(client, await client.call<Me>('me', signal ? { signal } : {}));
}

export async function signIn(client: ApiClient, given: NamePassword): Promise<Me> {
  return keepCsrf(client, await client.call<Me>('sign-in', { method: 'POST', body: given }));
}

export async function signOut(client: ApiClient): Promise<void> {
  await client.call('sign-out', { method: 'POST', body: {} });
}

function keepCsrf(client: ApiClient, me: Me): Me {
  client.csrf = me.csrf;
  return me;
}
