import type { KoaContextWithOIDC } from 'oidc-provider';
import { ownSource } from '../token-source.ts';
import type { SigningKeys } from '../signing-keys.ts';
import { verifyToken } from '../verify-token.ts';
import type { Records } from './records.ts';
import { ROUTES } from './routes.ts';

/**
 * RFC 7009 for access tokens. The provider takes back what it stored and says of signed tokens that it cannot; by then it has
 * authenticated the client. One access token is not ended alone: with it goes the grant, and the refresh token that would replace it.
 */
export async function revokeOwnToken(
  ctx: KoaContextWithOIDC,
  { keys, url }: { readonly keys: SigningKeys; readonly url: string },
  records: Records,
): Promise<void> {
  if (ctx.path !== ROUTES.revocation || !isUnsupportedToken(ctx.body)) return;
  const { client, params } = ctx.oidc;
  const token = params?.['token'];
  if (!client || typeof token !== 'string') return;
  const verified = await verifyToken(token, new Map([[url, ownSource(keys)]]));
  // What is no token of this client is answered like one that is gone already: nobody learns what others hold.
  if (!('code' in verified) && verified.clientId === client.clientId) for (const grant of verified.through) await records.endGrant(grant);
  ctx.status = 200;
  ctx.body = '';
}

function isUnsupportedToken(body: unknown): boolean {
  return typeof body === 'object' && body !== null && 'error' in body && body.error === 'unsupported_token_type';
}
