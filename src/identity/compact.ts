import { member, parseJson, isJsonObject, decodeUtf8, type JsonObject } from '../core/json.ts';
import { readAlgorithm, type Algorithm } from './algorithm.ts';

/** A signed token as it was sent, read but not yet believed. */
export interface Compact {
  readonly token: string;
  readonly algorithm: Algorithm;
  readonly kid: string | undefined;
  /** Lower case, without `application/`; empty where the header has none. */
  readonly type: string;
  /** Exactly what the signature covers, if it holds. */
  readonly claims: JsonObject;
}

const MAX_TOKEN_BYTES = 16 * 1024;

/**
 * Reads a JWS in compact form strictly: canonical base64url, JSON without duplicate keys. Everything in the header that
 * points to a key (`jku`, `x5u`, `jwk`, `x5c`) is ignored: keys come from the configured issuer alone. `crit` is refused.
 */
export function readCompact(token: string): Compact | undefined {
  if (token.length > MAX_TOKEN_BYTES) return undefined;
  const segments = token.split('.', 4);
  if (segments.length !== 3 || !segments.every(isCanonicalBase64url)) return undefined;
  const header = readObject(segments[0]);
  const claims = readObject(segments[1]);
  if (!header || !claims) return undefined;

  const algorithm = readAlgorithm(member(header, 'alg'));
  const kid = member(header, 'kid');
  const type = member(header, 'typ') ?? '';
  if (!algorithm || Object.hasOwn(header, 'crit') || Object.hasOwn(header, 'b64')) return undefined;
  if (kid !== undefined && typeof kid !== 'string') return undefined;
  if (typeof type !== 'string') return undefined;
  return { token, algorithm, kid, type: type.toLowerCase().replace(/^application\//, ''), claims };
}

/** Not empty, and the one spelling of its bytes. */
function isCanonicalBase64url(segment: string): boolean {
  return /^[A-Za-z0-9_-]+$/.test(segment) && Buffer.from(segment, 'base64url').toString('base64url') === segment;
}

function readObject(segment: string | undefined): JsonObject | undefined {
  try {
    const value = parseJson(decodeUtf8(Buffer.from(segment ?? '', 'base64url')), { depth: 16 });
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
