/**
 * A company's OpenID provider, as a real one: `oidc-provider` on loopback, with people who are signed in there already.
 * Who comes to it is whoever the test last called with `as`.
 */
import { createServer } from 'node:http';
import { exportJWK, generateKeyPair } from 'jose';
import { Provider, type ClientMetadata, type Configuration, type KoaContextWithOIDC } from 'oidc-provider';
import { listen } from './listen.ts';
import type { WebBrowser } from './web-browser.ts';

export const CLIENT = { client_id: 'sallyport', client_secret: 'canary-client-secret-4711' } as const;

export interface CorporatePerson {
  readonly id: string;
  /** Of the ID token, and of userinfo unless `userinfo` says otherwise. */
  readonly claims: Readonly<Record<string, unknown>>;
  readonly userinfo?: Readonly<Record<string, unknown>>;
}

export interface CorporateProvider {
  readonly issuer: string;
  /** From now on the browser is signed in there as this person, with these claims. */
  as(person: CorporatePerson): void;
  /** From now on this gateway may be gone back to as well. */
  serve(gateway: string): void;
  /** Signs this browser out there, as somebody does who leaves for the day. */
  signOut(browser: WebBrowser): Promise<void>;
  close(): Promise<void>;
}

export interface CorporateOptions {
  /** URLs of gateways that may be gone back to, without a trailing slash. */
  readonly gateways: readonly string[];
  /** The provider's name in the gateway's configuration. */
  readonly name?: string;
  /** The name of its host: another than the gateway's makes it another site to a browser. */
  readonly host?: '127.0.0.1' | 'localhost';
  readonly client?: Partial<ClientMetadata>;
  readonly configuration?: Configuration;
}

export async function startCorporateProvider({
  gateways,
  name = 'corp',
  host = '127.0.0.1',
  client = {},
  configuration = {},
}: CorporateOptions): Promise<CorporateProvider> {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  let person: CorporatePerson = { id: 'nobody', claims: {} };
  const server = createServer();
  const { port, close } = await listen(server);
  const issuer = `http://${host}:${port}`;
  const provider = new Provider(issuer, {
    clients: [
      {
        ...CLIENT,
        redirect_uris: ['http://127.0.0.1/replaced-below'],
        ...(gateways[0] === undefined
          ? {}
          : { backchannel_logout_uri: `${gateways[0]}/sign-in/${name}/back-channel-logout`, backchannel_logout_session_required: true }),
        ...client,
      },
    ],
    jwks: { keys: [{ ...(await exportJWK(privateKey)), alg: 'RS256', use: 'sig', kid: 'corporate' }] },
    cookies: { keys: ['a key of these tests only'] },
    scopes: ['openid', 'email', 'profile', 'groups', 'offline_access'],
    claims: {
      openid: ['sub', 'sid', 'groups', 'realm_access', 'hd', '_claim_names', '_claim_sources', 'hasgroups'],
      email: ['email', 'email_verified'],
      profile: ['name', 'preferred_username'],
    },
    conformIdTokenClaims: false,
    features: { devInteractions: { enabled: false }, backchannelLogout: { enabled: true } },
    pkce: { required: () => true },
    interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
    findAccount: (_context, id) => ({
      accountId: id,
      claims: (use) => Promise.resolve({ sub: id, ...(use === 'userinfo' ? (person.userinfo ?? person.claims) : person.claims) }),
    }),
    // Gateways of tests are on loopback, where it would not go by itself.
    fetch: (url, { method, headers, body } = {}) => fetch(url, { method: method ?? 'GET', ...(headers ? { headers } : {}), ...(body ? { body } : {}) }),
    loadExistingGrant: grantEverything,
    ttl: { AccessToken: 600, AuthorizationCode: 60, Grant: 600, IdToken: 600, Interaction: 600, Session: 600 },
    ...configuration,
  });
  const served = new Set(gateways);
  provider.Client.prototype.redirectUriAllowed = (uri) => [...served].some((url) => uri === `${url}/sign-in/${name}/callback`);
  const callback = provider.callback();
  server.on('request', (request, response) => {
    const asks = request.url?.startsWith('/interaction/') ?? false;
    void (asks
      ? provider.interactionFinished(request, response, { login: { accountId: person.id } }, { mergeWithLastSubmission: false })
      : callback(request, response));
  });
  return {
    issuer,
    as: (one) => void (person = one),
    serve: (gateway) => void served.add(gateway),
    async signOut(browser) {
      const page = await (await browser.go(`${issuer}/session/end`)).response?.text();
      const xsrf = /name="xsrf" value="([^"]+)"/.exec(page ?? '')?.[1] ?? '';
      const body = new URLSearchParams({ xsrf, logout: 'yes' });
      await (await browser.send(`${issuer}/session/end/confirm`, { method: 'POST', body })).text();
    },
    close,
  };
}

/** The company decided for its people: nobody is asked. */
async function grantEverything({ oidc }: KoaContextWithOIDC) {
  const { provider, client, session } = oidc;
  const known = client && session?.grantIdFor(client.clientId);
  if (known) return provider.Grant.find(known);
  const grant = new provider.Grant({ ...(client ? { clientId: client.clientId } : {}), ...(session?.accountId ? { accountId: session.accountId } : {}) });
  grant.addOIDCScope('openid email profile groups offline_access');
  await grant.save();
  return grant;
}
