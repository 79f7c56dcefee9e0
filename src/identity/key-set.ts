import { importJWK, type CryptoKey, type JWK } from 'jose';
import { isJsonArray, member, type JsonValue } from '../core/json.ts';
import { readAlgorithm, type Algorithm } from './algorithm.ts';

/** A public key that may verify exactly one algorithm. */
export interface VerifyKey {
  readonly kid: string | undefined;
  readonly algorithm: Algorithm;
  readonly key: CryptoKey;
}

/** What a key is for: signatures in general, or those of SPIFFE's JWT-SVIDs. */
export type KeyUse = 'sig' | 'jwt-svid';

const MAX_KEYS = 64;
/** RFC 7518 asks for 2,048 bits; above 8,192 a verification costs too much. */
const RSA_BYTES = { least: 256, most: 1024 };

/** The usable keys of a JWK set (RFC 7517); those of other kinds or uses are left out. Undefined where it is no key set. */
export async function readKeySet(document: JsonValue, use: KeyUse = 'sig'): Promise<readonly VerifyKey[] | undefined> {
  const keys = member(document, 'keys');
  if (!isJsonArray(keys) || keys.length > MAX_KEYS) return undefined;
  const read = await Promise.all(keys.map((key) => readKey(key, use)));
  return read.filter((key) => key !== undefined);
}

/** The keys that a token's header may mean; a token without a key id may mean any of its algorithm. */
export function matchingKeys(keys: readonly VerifyKey[], algorithm: Algorithm, kid: string | undefined): readonly VerifyKey[] {
  return keys.filter((key) => key.algorithm === algorithm && (kid === undefined || key.kid === kid)).slice(0, 4);
}

async function readKey(value: JsonValue, use: KeyUse): Promise<VerifyKey | undefined> {
  const text = (name: string): string | undefined => {
    const found = member(value, name);
    return typeof found === 'string' ? found : undefined;
  };
  const jwk = publicPart(text);
  if (!jwk || !isForVerifying(value, use)) return undefined;
  const stated = member(value, 'alg');
  if (stated !== undefined && readAlgorithm(stated) !== jwk.alg) return undefined;
  try {
    // An asymmetric JWK gives a CryptoKey; bytes come only of `oct`.
    return { kid: text('kid'), algorithm: jwk.alg, key: (await importJWK(jwk, jwk.alg)) as CryptoKey };
  } catch {
    return undefined;
  }
}

/** Only what verifying needs is taken over; the algorithm follows from the key, never from the token. */
function publicPart(text: (name: string) => string | undefined): (JWK & { readonly alg: Algorithm }) | undefined {
  const kty = text('kty');
  const crv = text('crv');
  const [x, y, n, e] = [text('x'), text('y'), text('n'), text('e')];
  if (kty === 'EC' && crv === 'P-256' && x && y) return { kty, crv, x, y, alg: 'ES256' };
  if (kty === 'OKP' && crv === 'Ed25519' && x) return { kty, crv, x, alg: 'EdDSA' };
  if (kty === 'RSA' && n && e && isRsaSize(n)) return { kty, n, e, alg: 'RS256' };
  return undefined;
}

function isRsaSize(modulus: string): boolean {
  const bytes = Buffer.from(modulus, 'base64url').byteLength;
  return bytes >= RSA_BYTES.least && bytes <= RSA_BYTES.most;
}

/** A SPIFFE bundle says of every key what it is for; elsewhere that may be left out. */
function isForVerifying(value: JsonValue, wanted: KeyUse): boolean {
  const use = member(value, 'use');
  const operations = member(value, 'key_ops');
  if (use !== wanted && (use !== undefined || wanted !== 'sig')) return false;
  return operations === undefined || (Array.isArray(operations) && operations.includes('verify'));
}
