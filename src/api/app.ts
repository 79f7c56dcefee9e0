/**
 * The HTTP API that console and CLI use, the console's files, and the metadata that clients read before they have a token.
 * Owns how things look over HTTP: limits, sign-in, CSRF, forms of requests and replies. Called by the gateway's listener.
 * Must not know how approvals, policy or the record work inside, and has no way around them.
 */
import { Hono } from 'hono';
import { accessRoutes } from './access/route.ts';
import { alertRoutes } from './alerts/route.ts';
import { approvalRoutes } from './approvals/route.ts';
import { auditRoutes } from './audit/route.ts';
import { auditLogRoutes } from './audit/search-route.ts';
import { connectionRoutes } from './connect/connections-route.ts';
import { connectRoutes } from './connect/route.ts';
import { withAddress } from './client.ts';
import { consoleFiles } from './console-files.ts';
import type { ApiDeps, ApiEnv } from './deps.ts';
import { databaseLoginRoutes } from './database-logins/route.ts';
import { guard, securityHeaders } from './guard.ts';
import { healthRoutes } from './health/route.ts';
import { holdRoutes } from './holds/route.ts';
import { hookRoutes } from './hooks/route.ts';
import { identityKeyRoutes } from './identity-keys/route.ts';
import { linkRoutes } from './links/route.ts';
import { lockRoutes } from './locks/route.ts';
import { metadataRoutes } from './metadata/route.ts';
import { oauthRoutes } from './oauth/route.ts';
import { policyRoutes } from './policy/route.ts';
import { notFound, refuseError } from './refusal.ts';
import { reviewRoutes } from './reviews/route.ts';
import { scimRoutes } from './scim/route.ts';
import { secretRoutes } from './secrets/route.ts';
import { sessionRoutes } from './sessions/route.ts';
import { createSignInAttempt } from './sign-in/attempt.ts';
import { signInOptionRoutes } from './sign-in/options-routes.ts';
import { passkeyRoutes } from './sign-in/passkey-routes.ts';
import { providerRoutes } from './sign-in/provider-routes.ts';
import { exchangeRoutes } from './sign-in/exchange-route.ts';
import { signInRoutes } from './sign-in/route.ts';
import { samlRoutes } from './sign-in/saml-routes.ts';
import { targetRoutes } from './targets/route.ts';
import { toolRoutes } from './tools/route.ts';
import { tokenRoutes } from './token/route.ts';
import { windowRoutes } from './windows/route.ts';

export function createApi(deps: ApiDeps): Hono<ApiEnv> {
  const attempt = createSignInAttempt(deps);
  const app = new Hono<ApiEnv>()
    .onError((error, c) => refuseError(c, error, deps.report ?? (() => {})))
    .notFound(notFound)
    .use(securityHeaders(deps), guard(deps), withAddress(deps));

  for (const routes of [
    healthRoutes(),
    signInOptionRoutes(deps),
    signInRoutes(deps, attempt),
    ...(deps.authenticator && deps.doors ? [exchangeRoutes(deps, deps.authenticator, deps.doors)] : []),
    tokenRoutes(deps, attempt),
    ...(deps.passkeys ? [passkeyRoutes(deps, deps.passkeys)] : []),
    targetRoutes(deps),
    toolRoutes(deps),
    accessRoutes(deps),
    approvalRoutes(deps),
    sessionRoutes(deps),
    auditRoutes(deps),
    policyRoutes(deps),
    windowRoutes(deps),
    ...(deps.auditLog ? [auditLogRoutes(deps, deps.auditLog)] : []),
    ...(deps.reviews ? [reviewRoutes(deps, deps.reviews)] : []),
    ...(deps.upstream ? [secretRoutes(deps, deps.upstream), connectionRoutes(deps, deps.upstream.connections)] : []),
    ...(deps.holds ? [holdRoutes(deps, deps.holds)] : []),
    ...(deps.alerts ? [alertRoutes(deps, deps.alerts)] : []),
    ...(deps.databases ? [databaseLoginRoutes(deps, deps.databases)] : []),
    ...(deps.locks ? [lockRoutes(deps, deps.locks)] : []),
  ]) {
    app.route('/api', routes);
  }
  app.all('/api/*', notFound);
  if (deps.doors) app.route('/', providerRoutes(deps, deps.doors)).route('/', samlRoutes(deps, deps.doors));
  if (deps.notices) app.route('/', linkRoutes(deps, deps.notices.links));
  if (deps.notices?.slack) app.route('/', hookRoutes(deps.notices.slack));
  if (deps.scim) app.route('/scim/v2', scimRoutes(deps, deps.scim));
  if (deps.upstream) app.route('/', connectRoutes(deps, deps.upstream)).route('/', identityKeyRoutes(deps, deps.upstream));
  for (const path of ['/links/*', '/hooks/*', '/connect/*', '/identity/*', '/sign-in/*', '/scim/*']) app.all(path, notFound);
  app.route('/', metadataRoutes(deps));
  if (deps.oauth) app.route('/', oauthRoutes(deps, deps.oauth));
  for (const path of ['/.well-known/*', '/oauth/*', '/mcp/*']) app.all(path, notFound);
  return deps.consoleFolder === undefined ? app : app.use(consoleFiles(deps.consoleFolder));
}
