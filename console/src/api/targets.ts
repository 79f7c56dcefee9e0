import type { ApiClient } from './client.ts';

export interface TargetView {
  readonly name: string;
  readonly protocol: string;
  readonly url: string;
  readonly labels: Readonly<Record<string, string>>;
}

export interface AccessToken {
  readonly token: string;
  readonly expiresAt: string;
  readonly target: string;
  readonly url: string;
}

export async function listTargets(client: ApiClient, signal: AbortSignal): Promise<readonly TargetView[]> {
  return (await client.call<{ readonly targets: readonly TargetView[] }>('targets', { signal })).targets;
}

export async function makeToken(client: ApiClient, target: string): Promise<AccessToken> {
  return client.call('token', { method: 'POST', body: { target } });
}
