import { createPrivateKey, type KeyObject } from 'node:crypto';
import { SignJWT } from 'jose';
import type { OAuthClientSpec, SecretSource } from '../../core/credential-spec.ts';
import { SallyportError } from '../../core/error.ts';
import { newId } from '../../core/id.ts';
import type { SecretReader } from '../secret-reader.ts';

/** What proves to a token endpoint which client asks. */
export interface ClientProof {
  readonly headers: Readonly<Record<string, string>>;
  readonly fields: Readonly<Record<string, string>>;
}

export interface TokenClient {
  readonly id: string;
  /** `audience` is the server's issuer, or its token endpoint where that is all that is known. */
  prove(audience: string): Promise<ClientProof>;
  /** The server did not believe it: secrets that are kept are read again. Whether that may help. */
  forget(): boolean;
}

const ASSERTION_SECONDS = 60;

/** A client as it was configured. Its secrets are read for each request, so that they can be rotated. */
export function configuredClient({ id, secret, sendSecret, privateKey }: OAuthClientSpec, secrets: SecretReader, now: () => number): TokenClient {
  const sources = [secret, privateKey].filter((one): one is SecretSource => one !== undefined);
  return {
    id,
    async prove(audience) {
      if (privateKey) return assertion(id, (await secrets.read(privateKey, 'text')).value, audience, now());
      if (!secret) return publicProof(id);
      return secretProof({ id, secret: (await secrets.read(secret)).value, send: sendSecret });
    },
    forget: () => sources.map((source) => secrets.forget(source)).includes(true),
  };
}

/** RFC 6749 2.3.1: both parts are form-encoded before they are joined. */
export function secretProof({ id, secret, send }: { readonly id: string; readonly secret: string; readonly send: 'basic' | 'post' }): ClientProof {
  if (send === 'post') return { headers: {}, fields: { client_id: id, client_secret: secret } };
  const encoded = Buffer.from(`${formEncoded(id)}:${formEncoded(secret)}`).toString('base64');
  return { headers: { authorization: `Basic ${encoded}` }, fields: {} };
}

export const publicProof = (id: string): ClientProof => ({ headers: {}, fields: { client_id: id } });

const formEncoded = (text: string): string => new URLSearchParams({ v: text }).toString().slice('v='.length);

/** RFC 7523: `private_key_jwt`. */
async function assertion(id: string, pem: string, audience: string, now: number): Promise<ClientProof> {
  const key = privateKeyOf(pem);
  const issuedAt = Math.floor(now / 1000);
  const signed = await new SignJWT({})
    .setProtectedHeader({ alg: algorithmOf(key), typ: 'JWT' })
    .setIssuer(id)
    .setSubject(id)
    .setAudience(audience)
    .setJti(newId(now))
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + ASSERTION_SECONDS)
    .sign(key);
  const type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
  return { headers: {}, fields: { client_id: id, client_assertion_type: type, client_assertion: signed } };
}

function privateKeyOf(pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch {
    // What was wrong with it would quote it.
    throw new SallyportError('credential_missing', 'the private key of an OAuth client is not readable', { hint: 'PKCS #8 in PEM, without a passphrase' });
  }
}

function algorithmOf({ asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject): string {
  if (type === 'rsa') return 'RS256';
  if (type === 'ed25519') return 'EdDSA';
  if (type === 'ec' && details?.namedCurve === 'prime256v1') return 'ES256';
  if (type === 'ec' && details?.namedCurve === 'secp384r1') return 'ES384';
  throw new SallyportError('credential_missing', 'the private key of an OAuth client is of a kind that is not used here', { hint: 'EC P-256, RSA or Ed25519' });
}
