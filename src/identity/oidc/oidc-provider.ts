/**
 * Sign-in by OpenID Connect: the authorization code flow with PKCE, state and nonce. A provider's reply becomes a profile, or is
 * refused; this folder knows nothing of cookies, pages or the directory.
 */
import {
  authorizationCodeGrant,
  AuthorizationResponseError,
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  fetchUserInfo,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
  type Configuration,
  type TokenEndpointResponse,
} from 'openid-client';
import { isJsonObject, parseJson, type JsonObject } from '../../core/json.ts';
import type { Secret } from '../../core/secret.ts';
import { readCompact } from '../compact.ts';
import type { Begun, RedirectProvider } from '../sign-in-provider.ts';
import { claimAt } from './claim-path.ts';
import { Discovered } from './discovered.ts';
import { graphGroups } from './graph-groups.ts';
import { guardedFetch, type ProviderFetch } from './guarded-fetch.ts';
import { createLogoutReader } from './logout-token.ts';
import { hasGroupsElsewhere, readProfile, type Said } from './read-profile.ts';
import { refused } from './refused.ts';
import { errorCode, ownError, safeCause } from './safe-cause.ts';
import type { OidcSettings } from './settings.ts';

export interface OidcProviderOptions {
  readonly name: string;
  readonly title: string;
  readonly settings: OidcSettings;
  readonly secret?: () => Promise<Secret>;
  readonly fetch?: ProviderFetch;
  readonly now?: () => number;
}

export function createOidcProvider({ name, title, settings, secret, fetch, now = Date.now }: OidcProviderOptions): RedirectProvider {
  const send = fetch ?? guardedFetch([settings.issuer, ...(settings.groups.graph === undefined ? [] : [settings.groups.graph])]);
  const discovered = new Discovered({ settings, secret, fetch: send, now });
  return {
    name,
    title,
    domains: settings.domains,
    async begin({ base, email }) {
      const configuration = await discovered.get();
      const [state, nonce, verifier] = [randomState(), randomNonce(), randomPKCECodeVerifier()];
      const url = buildAuthorizationUrl(configuration, {
        redirect_uri: `${base}/callback`,
        scope: settings.scopes.join(' '),
        state,
        nonce,
        code_challenge: await calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        ...(email === undefined ? {} : { login_hint: email }),
        ...(settings.require['hd']?.[0] === undefined ? {} : { hd: settings.require['hd'][0] }),
      });
      return { url: url.href, state, kept: JSON.stringify([nonce, verifier]) };
    },
    async finish(callback, begun) {
      const configuration = await discovered.get();
      const tokens = await redeem(configuration, callback, begun);
      return readProfile(await askFurther(configuration, tokens), settings);
    },
    readLogout: createLogoutReader({ settings, discovered, fetch: send, now }),
  };

  /** What the token does not say, but the provider does, where the settings name it. */
  async function askFurther(configuration: Configuration, tokens: TokenEndpointResponse): Promise<Said> {
    const token = readCompact(tokens.id_token ?? '')?.claims;
    if (!token) throw refused('the ID token is not signed by an algorithm that is accepted here', { hint: 'have the provider sign with RS256 or ES256' });
    const asked = settings.groups.from === 'userinfo' || needsUserinfo(token, settings);
    const userinfo = asked ? await readUserinfo(configuration, tokens, token) : undefined;
    const said: Said = { token, ...(userinfo ? { userinfo } : {}) };
    if (settings.groups.from === 'none' || !hasGroupsElsewhere(said, settings)) return said;
    const { graph } = settings.groups;
    if (graph === undefined)
      throw refused('the person is in more groups than fit into a token, and the gateway may not ask for them elsewhere', {
        hint: 'set groups.graph for this provider, or have it send only the groups assigned to the application',
      });
    return { ...said, groups: await graphGroups(graph, tokens.access_token, send) };
  }
}

async function redeem(configuration: Configuration, callback: URL, { state, kept }: Pick<Begun, 'state' | 'kept'>): Promise<TokenEndpointResponse> {
  // Only `begin` wrote it.
  const [expectedNonce, pkceCodeVerifier] = JSON.parse(kept) as [string, string];
  try {
    return await authorizationCodeGrant(configuration, callback, { expectedState: state, expectedNonce, pkceCodeVerifier, idTokenExpected: true });
  } catch (error) {
    throw replyRefused(error);
  }
}

function replyRefused(error: unknown): Error {
  const own = ownError(error);
  if (own) return own;
  const cause = safeCause(error);
  if (error instanceof AuthorizationResponseError)
    return refused(`the provider did not sign you in: ${errorCode(error.error)}`, { hint: 'start again, or ask whoever runs the provider', cause });
  return refused('the reply of the provider is not one that signs you in', { hint: 'start again; the log of the gateway says what was wrong', cause });
}

const needsUserinfo = (token: JsonObject, { claims }: OidcSettings): boolean => claimAt(token, claims.name) === undefined;

/** Of the very subject of the token: the library refuses another's. Read again strictly, from its own text. */
async function readUserinfo(configuration: Configuration, tokens: TokenEndpointResponse, token: JsonObject): Promise<JsonObject | undefined> {
  if (configuration.serverMetadata().userinfo_endpoint === undefined) return undefined;
  try {
    const userinfo = await fetchUserInfo(configuration, tokens.access_token, typeof token['sub'] === 'string' ? token['sub'] : '');
    const value = parseJson(JSON.stringify(userinfo), { depth: 32 });
    return isJsonObject(value) ? value : undefined;
  } catch (error) {
    throw ownError(error) ?? refused('the userinfo of the provider cannot be used', { cause: safeCause(error) });
  }
}
