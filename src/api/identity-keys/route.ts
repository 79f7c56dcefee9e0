import { Hono } from 'hono';
import type { ApiDeps, ApiEnv, UpstreamDeps } from '../deps.ts';

/** The keys behind what the gateway says of subjects to targets and token endpoints, open to everybody: an issuer of its own, which gives nobody tokens. */
export function identityKeyRoutes({ url }: ApiDeps, { identityKeys }: Pick<UpstreamDeps, 'identityKeys'>): Hono<ApiEnv> {
  const issuer = `${url}/identity`;
  return new Hono<ApiEnv>()
    .get('/identity/.well-known/openid-configuration', (c) =>
      c.json({
        issuer,
        jwks_uri: `${issuer}/.well-known/jwks.json`,
        id_token_signing_alg_values_supported: ['ES256'],
        response_types_supported: ['none'],
        subject_types_supported: ['public'],
      }),
    )
    .get('/identity/.well-known/jwks.json', async (c) => {
      c.header('cache-control', 'public, max-age=300');
      return c.json({ keys: await identityKeys() });
    });
}
