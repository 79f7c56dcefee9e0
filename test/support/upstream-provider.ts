/**
 * The authorization server of a target, as a real one: `oidc-provider` on loopback with PKCE, resource indicators, dynamic registration,
 * client credentials and refresh tokens that work once. Who agrees there is whoever the test last called with `as`.
 */
import { createServer } from 'node:http';
import { Provider, type ClientMetadata, type KoaContextWithOIDC } from 'oidc-provider';
import { listen } from './listen.ts';

export interface UpstreamProvider {
  readonly issuer: string;
  /** From now on the browser is signed in there as this account. */
  as(account: string): void;
  /** Seconds that an access token lives; applies to the next one. */
  tokenSeconds: number;
  /** Requests at the token endpoint, by grant. */
  readonly grants: readonly { readonly grant: string; readonly status: number }[];
  /** Whose access token it is; undefined where it is none that lives. */
  accountOf(token: string): Promise<string | undefined>;
  /** As the account's owner does who withdraws consent: every grant and token of it ends. */
  revoke(account: string): Promise<void>;
  /** Access tokens alone end, as where keys are lost. */
  endAccessToken(token: string): Promise<void>;
  close(): Promise<void>;
}

export interface UpstreamProviderOptions {
  readonly clients?: readonly ClientMetadata[];
  readonly resource: () => string;
}

/** A browser that was sent there, with its own cookies: where it is sent back to. */
export async function agreeAt(start: string): Promise<URL> {
  const cookies = new Map<string, string>();
  const { origin } = new URL(start);
  let url = new URL(start);
  for (let steps = 0; steps < 10; steps += 1) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const reply = await fetch(url, { redirect: 'manual', headers: cookie === '' ? {} : { cookie } });
    for (const line of reply.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      cookies.set(name, value);
    }
    const location = reply.headers.get('location');
    if (location === null) throw new Error(`the authorization server stopped with ${reply.status}: ${(await reply.text()).slice(0, 300)}`);
    url = new URL(location, url);
    if (url.origin !== origin) return url;
  }
  throw new Error('the authorization server goes in circles');
}

export async function startUpstreamProvider({ clients = [], resource }: UpstreamProviderOptions): Promise<UpstreamProvider> {
  const state = { account: 'nobody', tokenSeconds: 600 };
  const grants: { grant: string; status: number }[] = [];
  const grantsOf = new Map<string, Set<string>>();
  const server = createServer();
  const { port, close } = await listen(server);
  const issuer = `http://127.0.0.1:${port}`;
  const provider = new Provider(issuer, {
    clients: [...clients],
    cookies: { keys: ['a key of these tests only'] },
    scopes: ['openid', 'offline_access'],
    features: {
      devInteractions: { enabled: false },
      registration: { enabled: true },
      revocation: { enabled: true },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => resource(),
        useGrantedResource: () => true,
        getResourceServerInfo: (_context, indicator) => {
          if (indicator !== resource()) throw new Error('no such resource');
          return { scope: 'tools:use', accessTokenFormat: 'opaque', accessTokenTTL: state.tokenSeconds };
        },
      },
    },
    rotateRefreshToken: true,
    issueRefreshToken: () => true,
    pkce: { required: () => true },
    interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
    findAccount: (_context, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    loadExistingGrant: agree,
    ttl: {
      AccessToken: 600,
      AuthorizationCode: 60,
      ClientCredentials: () => state.tokenSeconds,
      Grant: 3600,
      IdToken: 600,
      Interaction: 600,
      RefreshToken: 3600,
      Session: 600,
    },
  });

  async function agree({ oidc }: KoaContextWithOIDC) {
    const { client, session } = oidc;
    const accountId = session?.accountId ?? '';
    const grant = new oidc.provider.Grant({ ...(client ? { clientId: client.clientId } : {}), accountId });
    grant.addOIDCScope('openid offline_access');
    grant.addResourceScope(resource(), 'tools:use');
    const id = await grant.save();
    grantsOf.set(accountId, (grantsOf.get(accountId) ?? new Set()).add(id));
    return grant;
  }

  const callback = provider.callback();
  server.on('request', (request, response) => {
    const asks = request.url?.startsWith('/interaction/') ?? false;
    void (asks
      ? provider.interactionFinished(request, response, { login: { accountId: state.account } }, { mergeWithLastSubmission: false })
      : callback(request, response));
  });
  const keep = (status: number) => (context: KoaContextWithOIDC) => void grants.push({ grant: String(context.oidc.params?.['grant_type']), status });
  provider.on('grant.success', keep(200));
  provider.on('grant.error', keep(400));
  return Object.assign(state, {
    issuer,
    grants,
    as: (account: string) => void (state.account = account),
    async accountOf(token: string) {
      const found = (await provider.AccessToken.find(token)) ?? (await provider.ClientCredentials.find(token));
      if (!found || found.isExpired) return undefined;
      return 'accountId' in found ? found.accountId : found.clientId;
    },
    async revoke(account: string) {
      for (const id of grantsOf.get(account) ?? []) {
        await provider.RefreshToken.revokeByGrantId(id);
        await provider.AccessToken.revokeByGrantId(id);
      }
    },
    async endAccessToken(token: string) {
      await (await provider.AccessToken.find(token))?.destroy();
      await (await provider.ClientCredentials.find(token))?.destroy();
    },
    close,
  });
}
