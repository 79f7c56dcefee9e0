/**
 * The OAuth server over HTTP: its endpoints and documents, and the pages on which people answer (`pages-route.ts`). Owns limits for
 * strangers and the forms of addresses under which clients look for metadata. Must not know how tokens are made.
 */
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { Hono, type Context, type MiddlewareHandler } from 'hono';
import { DISCOVERY, INTERACTION, ROUTES } from '../../identity/oauth/routes.ts';
import type { OAuthServer } from '../../identity/oauth/server.ts';
import type { ApiDeps, ApiEnv } from '../deps.ts';
import { headersOf } from '../guard.ts';
import { RateLimit } from '../rate-limit.ts';
import { notFound } from '../refusal.ts';
import { messagePage } from '../html-page.ts';
import { oauthPages } from './pages-route.ts';

/** For each address, so many at once and then a minute, below each of these paths. What costs a row or a request to somebody else has less. */
const LIMITS: Readonly<Record<string, { readonly burst: number; readonly perMinute: number }>> = {
  [ROUTES.registration]: { burst: 60, perMinute: 30 },
  [ROUTES.authorization]: { burst: 300, perMinute: 300 },
  [INTERACTION]: { burst: 300, perMinute: 300 },
  [ROUTES.code_verification]: { burst: 300, perMinute: 300 },
  [ROUTES.pushed_authorization_request]: { burst: 300, perMinute: 300 },
  [ROUTES.device_authorization]: { burst: 60, perMinute: 30 },
  [ROUTES.token]: { burst: 3000, perMinute: 3000 },
  [ROUTES.revocation]: { burst: 600, perMinute: 600 },
};

const SLOW_DOWN = 'too many requests from this address: wait a minute';

const TARGET = '/mcp/:target{[a-z0-9](?:[a-z0-9._-]{0,126}[a-z0-9])?}';

export function oauthRoutes(deps: ApiDeps, oauth: OAuthServer): Hono<ApiEnv> {
  const { now = Date.now } = deps;
  const app = new Hono<ApiEnv>();
  // Before any route, pages included: what it begins with is limited, whatever comes behind it.
  for (const [path, limit] of Object.entries(LIMITS)) app.use(`${path}/*`, limited(new RateLimit({ ...limit, now })));
  app.route('/', oauthPages(deps, oauth)).get(ROUTES.jwks, (c) => c.json({ keys: deps.keys.publicKeys }));

  // Root, inserted and appended: clients of different years look in different places. The issuer is always the gateway itself.
  for (const document of DISCOVERY) {
    const serve = (c: Context<ApiEnv>): Promise<Response> => handle(c, document);
    app.get(document, serve).get(`${document}${TARGET}`, serve).get(`${TARGET}${document}`, serve);
  }
  for (const path of [ROUTES.authorization, `${ROUTES.authorization}/:id{[A-Za-z0-9_-]{1,64}}`]) app.get(path, (c) => handle(c));
  for (const path of [ROUTES.token, ROUTES.registration, ROUTES.revocation, ROUTES.pushed_authorization_request, ROUTES.device_authorization])
    app.post(path, (c) => handle(c));
  return app.all('/oauth/*', notFound);

  async function handle(c: Context<ApiEnv>, path?: string): Promise<Response> {
    const { incoming, outgoing } = c.env;
    for (const [name, value] of Object.entries(headersOf(deps.url))) outgoing.setHeader(name, value);
    if (path !== undefined) incoming.url = path;
    await oauth.handle(incoming, outgoing, c.get('address'));
    return RESPONSE_ALREADY_SENT;
  }
}

function limited(limit: RateLimit): MiddlewareHandler<ApiEnv> {
  return (c, next) => {
    if (limit.take(c.get('address'))) return next();
    c.header('retry-after', '60');
    const isPerson = c.req.header('accept')?.includes('text/html') ?? false;
    return Promise.resolve(
      isPerson ? c.html(messagePage('Too many requests', `There are ${SLOW_DOWN}.`), 429) : c.json({ error: 'slow_down', error_description: SLOW_DOWN }, 429),
    );
  };
}
