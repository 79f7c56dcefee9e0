import type { Ask } from '../../network/ask.ts';
import type { TokenClient } from '../oauth/client-auth.ts';
import type { HeldTokens } from './connection-rows.ts';
import type { AuthorizationServer } from './discovery.ts';

/** Tells the authorization server that tokens are not used any more (RFC 7009), where it wants to know. Of use to it only: here they are gone already. */
export async function revokeTokens(server: AuthorizationServer, { refreshToken, accessToken }: HeldTokens, client: TokenClient, ask: Ask): Promise<void> {
  const url = server.revocationEndpoint;
  if (url === undefined) return;
  const { headers, fields } = await client.prove(server.issuer);
  const body = new URLSearchParams({ ...fields, token: refreshToken ?? accessToken }).toString();
  await ask({ url, method: 'POST', headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' }, body, reach: server.reach(url) });
}
