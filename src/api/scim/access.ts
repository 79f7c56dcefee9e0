import type { MiddlewareHandler } from 'hono';
import { makeEvent } from '../../core/event.ts';
import { headerValues, readBearer } from '../../identity/bearer.ts';
import type { ScimClient } from '../../identity/scim/client.ts';
import { ScimError } from '../../identity/scim/scim-error.ts';
import type { ScimTokens } from '../../identity/scim/tokens.ts';
import { clientOf } from '../client.ts';
import type { ApiDeps, ApiEnv } from '../deps.ts';
import { RateLimit } from '../rate-limit.ts';

export interface ScimEnv extends ApiEnv {
  Variables: ApiEnv['Variables'] & { provider: ScimClient };
}

/** Only providers with their token; cookies and the gateway's own tokens are nothing here. Wrong ones are slowed down by address, right ones bounded. */
export function requireProvider({ recorder, now = Date.now }: Pick<ApiDeps, 'recorder' | 'now'>, tokens: ScimTokens): MiddlewareHandler<ScimEnv> {
  const guesses = new RateLimit({ burst: 30, perMinute: 30, now });
  const requests = new RateLimit({ burst: 500, perMinute: 6_000, now });
  return async (c, next) => {
    const client = clientOf(c, 'scim');
    const bearer = readBearer(headerValues(c.env.incoming.rawHeaders, 'authorization'));
    const provider = bearer.kind === 'token' ? await tokens.find(bearer.token) : undefined;
    if (!provider) {
      // Who guesses fills no disk; a provider that shares their address is let in all the same.
      if (!guesses.take(client.address)) throw new ScimError('limit_exceeded', 'too many attempts');
      await recorder.append(makeEvent('token.refused', { client, note: 'not a SCIM token of any provider' }));
      throw new ScimError('unauthenticated', 'the bearer token is not one of a provider');
    }
    if (!requests.take(provider.name)) throw new ScimError('limit_exceeded', 'too many requests');
    c.set('provider', provider);
    return next();
  };
}
