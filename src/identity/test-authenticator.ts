import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAuthenticator, type Authenticator, type AuthenticatorOptions } from './authenticate.ts';
import { isAuthenticated } from './outcome.ts';
import { openSigningKeys, type SigningKeys } from './signing-keys.ts';
import { signTestToken, startTestIssuer, testKey, type TestIssuer, type TestKey } from './test-issuer.ts';

export const GATEWAY_URL = 'http://gw.test:7600';
export const CLAIM_NAMES = { id: 'sub', name: 'email', groups: 'groups' };
/** When it is, unless a test says otherwise. */
export const NOW = Date.parse('2026-11-21T12:00:00Z');
export const SECONDS = NOW / 1000;

/** An authenticator of a gateway with one issuer over real HTTP, and whatever a test has to sign. */
export interface TestAuthenticator {
  /** The issuer's, and one of a stranger who says it is the issuer's. */
  readonly keys: { readonly rsa: TestKey; readonly ec: TestKey; readonly ed: TestKey; readonly stranger: TestKey };
  readonly issuer: TestIssuer;
  /** The gateway's. */
  readonly own: SigningKeys;
  authenticator(options?: Partial<AuthenticatorOptions>): Authenticator;
  /** Claims of a right token, and what replaces them. */
  claims(more?: Record<string, unknown>): Record<string, unknown>;
  /** The outcome in a word: the refusal's code, or `ok`. */
  outcome(token: string, target?: string, options?: Partial<AuthenticatorOptions>): Promise<string>;
  /** The same of a token of the issuer with these claims. */
  outcomeOf(more: Record<string, unknown>, header?: Record<string, unknown>, target?: string): Promise<string>;
  close(): Promise<void>;
}

export async function startTestAuthenticator(): Promise<TestAuthenticator> {
  const [rsa, ec, ed, stranger] = await Promise.all([testKey('rsa', 'RS256'), testKey('ec', 'ES256'), testKey('ed', 'EdDSA'), testKey('rsa', 'RS256')]);
  const issuer = await startTestIssuer([rsa, ec, ed]);
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-keys-'));
  const own = await openSigningKeys(folder);

  const authenticator = (options: Partial<AuthenticatorOptions> = {}): Authenticator => {
    const config = { issuer: issuer.url, audience: GATEWAY_URL, claims: CLAIM_NAMES, kind: 'person' } as const;
    return createAuthenticator({ issuers: [config], own, url: GATEWAY_URL, now: () => NOW, ...options });
  };
  const claims: TestAuthenticator['claims'] = (more = {}) => ({
    iss: issuer.url,
    aud: GATEWAY_URL,
    sub: 'u1',
    email: 'ann@corp.test',
    groups: ['staff'],
    iat: SECONDS,
    exp: SECONDS + 300,
    ...more,
  });
  const outcome: TestAuthenticator['outcome'] = async (token, target = 'models', options = {}) => {
    const result = await authenticator(options).authenticate(`Bearer ${token}`, target);
    return isAuthenticated(result) ? 'ok' : result.code;
  };
  return {
    keys: { rsa, ec, ed, stranger },
    issuer,
    own,
    authenticator,
    claims,
    outcome,
    outcomeOf: async (more, header = {}, target) => outcome(await signTestToken({ key: ec, claims: claims(more), header }), target),
    async close() {
      await issuer.close();
      await rm(folder, { recursive: true });
    },
  };
}
