import type { JsonObject } from '../core/json.ts';
import type { Subject, SubjectKind } from '../core/subject.ts';
import type { Algorithm } from './algorithm.ts';
import { readOwnSubject, readSubject, type ClaimNames, type ClaimProblem } from './claims.ts';
import type { FetchJson } from './fetch-json.ts';
import { discoverKeys, IssuerKeys, type KeyLookup } from './issuer-keys.ts';
import type { SigningKeys } from './signing-keys.ts';

/** An issuer whose signed tokens are accepted as they are; a part of the configuration. */
export interface IssuerConfig {
  readonly issuer: string;
  readonly audience: string;
  readonly claims: ClaimNames;
  readonly kind: SubjectKind;
}

/** Whose tokens are read how: a configured issuer, or the gateway itself. */
export interface TokenSource {
  /** Values of the header's `typ` that are access tokens here. */
  readonly types: readonly string[];
  /** The audience that the configuration names; none for our own tokens, which always name a target. */
  readonly audience: string | undefined;
  keys(algorithm: Algorithm, kid: string | undefined): Promise<KeyLookup>;
  subject(claims: JsonObject): Subject | ClaimProblem;
}

/** `typ` is optional outside RFC 9068; other kinds of signed document (logout tokens, ID-JAG, DPoP proofs) are no access tokens. */
export function issuerSource(config: IssuerConfig, fetchJson: FetchJson, now: () => number): TokenSource {
  const keys = new IssuerKeys(() => discoverKeys(config.issuer, fetchJson), now);
  return {
    types: ['', 'jwt', 'at+jwt'],
    audience: config.audience,
    keys: (algorithm, kid) => keys.find(algorithm, kid),
    subject: (claims) => readSubject(claims, config.claims, config.kind, config.issuer),
  };
}

export function ownSource(own: SigningKeys): TokenSource {
  return {
    types: ['at+jwt'],
    audience: undefined,
    keys: (algorithm, kid) => Promise.resolve(own.find(algorithm, kid)),
    subject: readOwnSubject,
  };
}
