import { errors, interactionPolicy, Provider, type Configuration, type KoaContextWithOIDC } from 'oidc-provider';
import type { SigningKeys } from '../signing-keys.ts';
import { OWN_API, targetUrl } from '../audience.ts';
import type { FetchDocument } from './fetch-document.ts';
import { MAX_DOCUMENT_BYTES } from './fetch-document.ts';
import { fillToken, NO_TARGET, type IssueOptions } from './issue.ts';
import { secretHash, type Records } from './records.ts';
import { COMMAND_LINE } from './command-line.ts';
import { resourceTarget } from './resources.ts';
import { INTERACTION, ROUTES } from './routes.ts';
import { ALL_SCOPES, SCOPES } from './scopes.ts';
import { OAuthSigningKey } from './signing-key.ts';
import { readSubjectId } from './subject-id.ts';
import { sameText } from '../same-text.ts';

export interface ProviderOptions extends IssueOptions {
  readonly keys: SigningKeys;
  readonly records: Records;
  /** Signs the cookies that bind an authorization to the browser that began it. */
  readonly cookieKey: Uint8Array;
  readonly fetchDocument: FetchDocument;
  /** A page that says what went wrong. */
  readonly errorPage: (description: string) => string;
  readonly report: (error: unknown) => void;
}

/** Seconds. */
const MINUTE = 60;
const DAY = 24 * 60 * MINUTE;
const ACCESS_TOKEN_SECONDS = 10 * MINUTE;
const TTL = {
  AccessToken: ACCESS_TOKEN_SECONDS,
  AuthorizationCode: MINUTE,
  DeviceCode: 10 * MINUTE,
  Interaction: 15 * MINUTE,
  RefreshToken: 14 * DAY,
  Grant: 30 * DAY,
  Session: 15 * MINUTE,
};

/** `oidc-provider`, set up as what MCP clients need and nothing more. */
export function createProvider(options: ProviderOptions): Provider {
  const provider = new Provider(options.url, configurationOf(options));
  // The gateway sets these headers itself, from its own URL and what it knows of the client: what is in front of it may end TLS.
  provider.proxy = true;
  provider.Client.prototype.compareClientSecret = function compareClientSecret(given: string) {
    return sameText(this.clientSecret ?? '', secretHash(given));
  };
  provider.on('server_error', (_ctx, error) => options.report(error));
  return provider;
}

function configurationOf(options: ProviderOptions): Configuration {
  const { keys, records, fetchDocument, cookieKey, url } = options;
  const secure = url.startsWith('https:');
  const prefix = secure ? '__Secure-' : '';
  const cookie = { httpOnly: true, sameSite: 'lax', secure, signed: true, path: '/oauth' } as const;
  return {
    adapter: (model: string) => records.adapter(model),
    jwks: { keys: [new OAuthSigningKey(keys)] },
    routes: ROUTES,
    scopes: [...SCOPES],
    responseTypes: ['code'],
    clientAuthMethods: ['none', 'private_key_jwt', 'client_secret_basic', 'client_secret_post'],
    clientDefaults: { grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'], id_token_signed_response_alg: keys.current.algorithm },
    // A client says where it listens; guessing it is how codes go astray.
    allowOmittingSingleRegisteredRedirectUri: false,
    pkce: { required: () => true },
    cookies: {
      names: { session: `${prefix}sallyport-oauth`, interaction: `${prefix}sallyport-oauth-ask`, resume: `${prefix}sallyport-oauth-resume` },
      keys: [Buffer.from(cookieKey).toString('base64')],
      long: cookie,
      short: { ...cookie, path: undefined },
    },
    ttl: TTL,
    rotateRefreshToken: (ctx) => rotates(ctx),
    issueRefreshToken: (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    expiresWithSession: () => false,
    interactions: { policy: interactionPolicy.base(), url: (_ctx, interaction) => `${INTERACTION}/${interaction.uid}` },
    // Only what was granted in this very authorization counts; nothing is taken over from an earlier one.
    loadExistingGrant: (ctx) => loadGrant(ctx),
    findAccount: async (_ctx, id) => {
      const name = readSubjectId(id);
      const subject = name && (await options.currentSubject(name));
      return subject && { accountId: id, claims: () => ({ sub: id }) };
    },
    formats: { customizers: { jwt: async (ctx, token, parts) => fillToken(options, ctx, token, parts.payload) } },
    renderError: (ctx, out) => showError(ctx, options.errorPage(out.error_description ?? out.error)),
    // The provider names documents by text.
    fetch: (address) => fetchDocument(typeof address === 'string' ? address : ''),
    fetchResponseBodyLimits: { 'client_id metadata document': MAX_DOCUMENT_BYTES, jwks_uri: MAX_DOCUMENT_BYTES, sector_identifier_uri: 0 },
    features: featuresOf(options),
  };
}

function featuresOf({ keys, url }: ProviderOptions): NonNullable<Configuration['features']> {
  return {
    devInteractions: { enabled: false },
    userinfo: { enabled: false },
    rpInitiatedLogout: { enabled: false },
    claimsParameter: { enabled: false },
    clientIdMetadataDocument: { enabled: true, ack: 'draft-02', cacheDuration: { min: 60, max: 60 * MINUTE } },
    deviceFlow: { enabled: true },
    dPoP: { enabled: true },
    externalSigningSupport: { enabled: true, ack: 'experimental-01' },
    pushedAuthorizationRequests: { enabled: true },
    registration: { enabled: true, issueRegistrationAccessToken: false },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => {
        throw new errors.InvalidTarget('name the target in one parameter "resource"');
      },
      useGrantedResource: () => true,
      getResourceServerInfo(ctx, resource, client) {
        const target = resourceTarget(resource, url);
        if (target === undefined || resource !== targetUrl(url, target)) throw new errors.InvalidTarget(NO_TARGET);
        if ((target === OWN_API) !== (client.clientId === COMMAND_LINE)) throw new errors.InvalidTarget(NO_TARGET);
        if (Array.isArray(ctx.oidc.params?.['resource'])) throw new errors.InvalidTarget('a token is for one target');
        return {
          scope: ALL_SCOPES,
          audience: resource,
          accessTokenTTL: ACCESS_TOKEN_SECONDS,
          accessTokenFormat: 'jwt',
          // The keys of the gateway are of these two kinds.
          jwt: { sign: { alg: keys.current.algorithm as 'ES256' | 'EdDSA', kid: keys.current.kid } },
        };
      },
    },
    revocation: { enabled: true, allowedPolicy: (_ctx, client, token) => client.clientId === token.clientId },
  };
}

/** Always; but not for a request that is refused anyway, or a client that asks for the wrong target would lose its token. */
function rotates(ctx: KoaContextWithOIDC): boolean {
  const asked = ctx.oidc.params?.['resource'];
  if (asked !== undefined && asked !== ctx.oidc.refreshToken?.resource) throw new errors.InvalidTarget(NO_TARGET);
  return true;
}

async function loadGrant(ctx: KoaContextWithOIDC) {
  const grantId = ctx.oidc.result?.consent?.grantId;
  return grantId === undefined ? undefined : ctx.oidc.provider.Grant.find(grantId);
}

function showError(ctx: KoaContextWithOIDC, page: string): void {
  ctx.type = 'html';
  ctx.body = page;
}
