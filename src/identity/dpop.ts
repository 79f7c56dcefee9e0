import { createHash } from 'node:crypto';
import { calculateJwkThumbprint, EmbeddedJWK, jwtVerify, type JWTPayload } from 'jose';
import { sameText } from './same-text.ts';

/** What a proof of possession (RFC 9449) has to fit: the request that carries it. */
export interface ProofOf {
  readonly method: string;
  /** URL of the request, as the gateway's own URL has it; without query. */
  readonly url: string;
  /** The access token that is used with it; absent where one is asked for. */
  readonly token?: string;
}

export interface Proven {
  /** RFC 7638 thumbprint of the key. */
  readonly thumbprint: string;
}

/** Safe for the caller. */
export interface Unproven {
  readonly problem: string;
}

/** Of proofs; the OAuth server takes the same. */
export const PROOF_ALGORITHMS = ['ES256', 'EdDSA', 'Ed25519'] as const;

/** What two clocks may differ by, and how long a proof may be under way. */
const WINDOW_MS = 60_000;
const MAX_PROOF_LENGTH = 8 * 1024;
const MAX_SEEN = 100_000;

/** Proofs that were seen, until they are too old to be shown again. One for each process: a proof names its URL and minute, not its process. */
export class Proofs {
  readonly #now: () => number;
  /** In the order of arrival, so the oldest are the first. */
  readonly #seen = new Map<string, number>();

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** Never throws. `proof` is the `DPoP` header as it came; two of them are joined by a comma, and no proof. */
  async check(proof: string | undefined, of: ProofOf): Promise<Proven | Unproven> {
    if (proof === undefined || proof === '') return { problem: 'the DPoP header with the proof is missing' };
    if (proof.length > MAX_PROOF_LENGTH) return { problem: 'the DPoP proof is too long' };
    try {
      const { payload, protectedHeader } = await jwtVerify(proof, EmbeddedJWK, {
        algorithms: [...PROOF_ALGORITHMS],
        typ: 'dpop+jwt',
        currentDate: new Date(this.#now()),
      });
      const { jwk } = protectedHeader;
      const problem = jwk === undefined ? 'it has no key' : this.#misfit(payload, of);
      if (problem !== undefined || jwk === undefined) return { problem: `the DPoP proof does not fit: ${problem}` };
      const thumbprint = await calculateJwkThumbprint(jwk);
      return this.#isNew(`${thumbprint} ${payload.jti}`) ? { thumbprint } : { problem: 'the DPoP proof was used before' };
    } catch {
      return { problem: 'the DPoP proof does not hold' };
    }
  }

  #misfit({ htm, htu, iat, jti, ath }: JWTPayload, { method, url, token }: ProofOf): string | undefined {
    if (htm !== method) return 'it is for another method';
    if (typeof htu !== 'string' || withoutQuery(htu) !== withoutQuery(url)) return 'it is for another URL';
    if (typeof iat !== 'number' || Math.abs(iat * 1000 - this.#now()) > WINDOW_MS) return 'it is not of this minute';
    if (typeof jti !== 'string' || jti === '' || jti.length > 256) return 'it has no id';
    if (token === undefined) return undefined;
    const expected = createHash('sha256').update(token).digest('base64url');
    return typeof ath === 'string' && sameText(ath, expected) ? undefined : 'it is for another token';
  }

  /** When there are more than can be remembered, a proof is refused rather than an old one forgotten. */
  #isNew(id: string): boolean {
    const now = this.#now();
    for (const [old, until] of this.#seen) {
      if (until > now) break;
      this.#seen.delete(old);
    }
    if (this.#seen.has(id) || this.#seen.size >= MAX_SEEN) return false;
    this.#seen.set(id, now + 2 * WINDOW_MS);
    return true;
  }
}

function withoutQuery(text: string): string | undefined {
  const url = URL.parse(text);
  if (!url) return undefined;
  return `${url.origin}${url.pathname}`;
}
