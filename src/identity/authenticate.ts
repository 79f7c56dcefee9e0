/**
 * Who asks: from the `Authorization` header of a call to a subject, or a refusal. Called by protocols and wired by the
 * gateway. Nothing in this folder knows policy, targets' addresses or what is asked; every way to say who one is ends in
 * core's `Subject`. There is no setting that turns authentication off.
 */
import { hash } from 'node:crypto';
import { SallyportError } from '../core/error.ts';
import type { Subject } from '../core/subject.ts';
import { audienceFits, namedTargets, targetUrl } from './audience.ts';
import { readAccessToken } from './bearer.ts';
import { Proofs, type ProofOf } from './dpop.ts';
import { fetchJson as fetchJsonOverHttp, type FetchJson } from './fetch-json.ts';
import { refusal, type Authenticated, type Unauthenticated } from './outcome.ts';
import { sameText } from './same-text.ts';
import type { SigningKeys } from './signing-keys.ts';
import { issuerSource, ownSource, type IssuerConfig, type TokenSource } from './token-source.ts';
import { VerifiedTokens, type KnownToken, type VerifiedToken } from './verified-tokens.ts';
import { verifyToken } from './verify-token.ts';

export interface AuthenticatorOptions {
  readonly issuers: readonly IssuerConfig[];
  /** Keys of the tokens that the gateway mints itself. */
  readonly own: SigningKeys;
  /** URL of the gateway: issuer and audience of its own tokens. */
  readonly url: string;
  /**
   * Asked at every use of a valid token, also a remembered one: who its subject is by now, with the groups of today, or
   * `ended` for what was revoked, deactivated or locked since. From memory: it must not wait. What it throws refuses the token.
   */
  readonly standing?: (authenticated: Pick<Authenticated, 'subject' | 'issued'>) => Subject | 'ended';
  readonly now?: () => number;
  readonly fetchJson?: FetchJson;
}

export interface Authenticator {
  /** Never throws. `authorization` is the header as it came (see `headerValues`), `target` the name in the URL. */
  authenticate(authorization: string | undefined, target: string, sent?: SentProof): Promise<Authenticated | Unauthenticated>;
}

/** What comes with a token that is bound to a key. */
export interface SentProof {
  /** The `DPoP` header as it came. */
  readonly proof: string | undefined;
  /** Of the request. */
  readonly method: string;
}

/** What two clocks may differ by. */
const SKEW_MS = 30_000;

export function createAuthenticator(options: AuthenticatorOptions): Authenticator {
  const { url, standing = ({ subject }) => subject, now = Date.now } = options;
  const sources = sourcesOf(options, now);
  const remembered = new VerifiedTokens();
  const proofs = new Proofs(now);

  return {
    async authenticate(authorization, target, sent) {
      const bearer = readAccessToken(authorization);
      if (bearer.kind === 'missing') return refusal('missing', 'no access token was sent');
      if (bearer.kind === 'malformed') return refusal('invalid', 'the Authorization header is not one bearer token');

      const tokenHash = hash('sha256', bearer.token, 'hex');
      const known = remembered.get(tokenHash, now());
      const verified = known ?? (await verify(bearer.token));
      if ('code' in verified) return verified;
      if (!known) remembered.put(tokenHash, verified, now());
      const refused = refuseUse(verified, { url, target, now: now() });
      if (refused) return refused;
      if (verified.keyThumbprint !== undefined || bearer.kind === 'bound') {
        const of = { method: sent?.method ?? '', url: targetUrl(url, target), token: bearer.token };
        const unproven =
          bearer.kind === 'bound' ? await refuseProof(verified, proofs, sent?.proof, of) : 'the token is bound to a key and was sent without a proof of it';
        if (unproven !== undefined) return { ...refusal('invalid', unproven), scheme: 'DPoP' };
      }
      const { subject, clientId, through, issuedAt, expiresAt, scope } = verified;
      const limits = scope === undefined ? {} : { scope };
      return confirm({ subject, clientId, issued: { at: issuedAt, through }, expiresAt, tokenHash, ...limits }, standing);
    },
  };

  async function verify(token: string): Promise<KnownToken | Unauthenticated> {
    const verified = await verifyToken(token, sources);
    return 'code' in verified ? verified : { ...verified, targets: namedTargets(verified.audiences, url) };
  }
}

/** What must hold at every use, of a remembered token too. */
function refuseUse(token: KnownToken, at: { readonly url: string; readonly target: string; readonly now: number }): Unauthenticated | undefined {
  if (at.now >= token.expiresAt + SKEW_MS) return refusal('expired', 'the token has expired');
  if (at.now < token.notBefore - SKEW_MS) return refusal('invalid', 'the token is not valid yet');
  const fits = audienceFits(token, { url: at.url, target: at.target, configured: token.configured });
  return fits ? undefined : refusal('audience', 'the token is not for this target');
}

/** A proof by another key than the token's is worth nothing; and a token that is bound to no key proves nothing by one. */
async function refuseProof({ keyThumbprint }: VerifiedToken, proofs: Proofs, proof: string | undefined, of: ProofOf): Promise<string | undefined> {
  if (keyThumbprint === undefined) return 'the token is not bound to a key: send it as a bearer token';
  const proven = await proofs.check(proof, of);
  if ('problem' in proven) return proven.problem;
  return sameText(proven.thumbprint, keyThumbprint) ? undefined : 'the DPoP proof is by another key than the token is';
}

function confirm(authenticated: Authenticated, standing: NonNullable<AuthenticatorOptions['standing']>): Authenticated | Unauthenticated {
  try {
    const subject = standing(authenticated);
    if (subject === 'ended') return refusal('invalid', 'the token is no longer accepted');
    return subject === authenticated.subject ? authenticated : { ...authenticated, subject };
  } catch {
    return refusal('unavailable', 'whether the token is still accepted cannot be read now');
  }
}

/** Every issuer by its exact name: a token is only ever tried against the keys of the issuer that it names. */
function sourcesOf({ issuers, own, url, fetchJson = fetchJsonOverHttp }: AuthenticatorOptions, now: () => number): ReadonlyMap<string, TokenSource> {
  const sources = new Map<string, TokenSource>([[url, ownSource(own)]]);
  for (const config of issuers) {
    if (!/^https?:$/.test(URL.parse(config.issuer)?.protocol ?? ''))
      throw new SallyportError('config_invalid', `the issuer ${config.issuer} is no http or https URL`);
    if (sources.has(config.issuer)) throw new SallyportError('config_invalid', `the issuer ${config.issuer} is configured twice, or is this gateway itself`);
    if (config.audience === '') throw new SallyportError('config_invalid', `the issuer ${config.issuer} has no audience`);
    sources.set(config.issuer, issuerSource(config, fetchJson, now));
  }
  return sources;
}
