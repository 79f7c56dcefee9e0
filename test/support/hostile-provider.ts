/** An OpenID provider that answers whatever a test wants: real HTTP, real signatures, no manners. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { testKey, signTestToken, type TestKey } from '../../src/identity/test-issuer.ts';
import { listen } from './listen.ts';
import type { OidcSettings } from '../../src/identity/oidc/settings.ts';

export interface HostileProvider {
  readonly issuer: string;
  readonly keys: Readonly<Record<'rsa' | 'ec' | 'ed' | 'stranger', TestKey>>;
  /** Every path that was asked for, with what was sent. */
  readonly asked: { readonly path: string; readonly body: string; readonly authorization: string }[];
  /** Merged over what the documents say; undefined takes a member away. */
  discovery: Record<string, unknown>;
  tokens: Record<string, unknown>;
  /** Answers a path instead of the provider. */
  readonly replies: Map<string, (response: ServerResponse) => void>;
  /** An ID token as it should be; `claims` and `header` over it. */
  idToken(nonce: string, claims?: Record<string, unknown>, header?: Record<string, unknown>, key?: TestKey): Promise<string>;
  close(): Promise<void>;
}

export const HOSTILE_CLIENT = 'sallyport-at-hostile';

export async function startHostileProvider(): Promise<HostileProvider> {
  const [rsa, ec, ed, stranger] = await Promise.all([testKey('rsa', 'RS256'), testKey('ec', 'ES256'), testKey('ed', 'EdDSA'), testKey('stranger', 'ES256')]);
  const server = createServer((request, response) => void answer(request, response));
  const { port, close } = await listen(server);
  const issuer = `http://127.0.0.1:${port}`;
  const provider: HostileProvider = {
    issuer,
    keys: { rsa, ec, ed, stranger },
    asked: [],
    discovery: {},
    tokens: {},
    replies: new Map(),
    idToken: async (nonce, claims = {}, header = {}, key = ec) => {
      const now = Math.floor(Date.now() / 1000);
      const body = {
        iss: issuer,
        sub: '00u1',
        aud: HOSTILE_CLIENT,
        nonce,
        iat: now,
        exp: now + 300,
        email: 'ann@example.com',
        email_verified: true,
        groups: ['staff'],
      };
      return signTestToken({ key, claims: defined({ ...body, ...claims }), header });
    },
    close,
  };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '').split('?')[0] ?? '';
    let body = '';
    for await (const chunk of request) body += String(chunk);
    provider.asked.push({ path, body, authorization: request.headers.authorization ?? '' });
    const reply = provider.replies.get(path);
    if (reply) return reply(response);
    const documents: Record<string, object> = {
      '/.well-known/openid-configuration': defined({
        issuer,
        authorization_endpoint: `${issuer}/authorize`,
        token_endpoint: `${issuer}/token`,
        userinfo_endpoint: `${issuer}/userinfo`,
        jwks_uri: `${issuer}/jwks`,
        response_types_supported: ['code'],
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: ['RS256', 'ES256', 'EdDSA', 'HS256', 'none'],
        authorization_response_iss_parameter_supported: true,
        ...provider.discovery,
      }),
      '/jwks': { keys: [rsa.jwk, ec.jwk, ed.jwk] },
      '/token': defined({ access_token: 'canary-access-token', token_type: 'Bearer', expires_in: 300, ...provider.tokens }),
    };
    const document = documents[path];
    response.writeHead(document ? 200 : 404, { 'content-type': 'application/json' }).end(JSON.stringify(document ?? {}));
  }
  return provider;
}

export const json =
  (value: unknown, status = 200) =>
  (response: ServerResponse): void =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));

const defined = (object: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));

/** As a gateway is configured for it. */
export const settingsFor = ({ issuer }: HostileProvider, more: Partial<OidcSettings> = {}): OidcSettings => ({
  issuer,
  clientId: HOSTILE_CLIENT,
  scopes: ['openid', 'email'],
  claims: { id: 'sub', name: 'email', groups: 'groups' },
  groups: { from: 'token', missing: 'refuse', prefix: '' },
  require: {},
  trustEmail: false,
  domains: [],
  ...more,
});
