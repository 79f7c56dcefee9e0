/**
 * SCRAM-SHA-256 and SCRAM-SHA-256-PLUS, both sides, as PostgreSQL speaks them (RFC 5802, RFC 7677, RFC 5929). Pure: random
 * bytes come in.
 */
import { createHash, createHmac, timingSafeEqual, X509Certificate } from 'node:crypto';
import { saltedPassword, type ScramVerifier } from '../../credential/scram-verifier.ts';
import { MalformedMessage } from './codec.ts';

export const SCRAM = 'SCRAM-SHA-256';
export const SCRAM_PLUS = 'SCRAM-SHA-256-PLUS';

/** A server may ask for as many rounds as it likes; more than these are an attack on whoever counts them. */
const MAX_ITERATIONS = 100_000;
const MAX_MESSAGE = 2048;
const MAX_NONCE = 256;

const hmac = (key: Uint8Array, text: string): Buffer => createHmac('sha256', key).update(text).digest();
const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();
const xor = (a: Buffer, b: Buffer): Buffer => Buffer.from(a.map((byte, at) => byte ^ (b[at] ?? 0)));

/** The channel's own name for itself: `tls-server-end-point`, a hash of the server's certificate (RFC 5929, 4.1). */
export function endPoint(certificate: Buffer): Buffer {
  const { signatureAlgorithm = '' } = new X509Certificate(certificate);
  const found = /sha-?(224|256|384|512)/i.exec(signatureAlgorithm)?.[1] ?? '256';
  return createHash(`sha${found}`).update(certificate).digest();
}

export interface ServerExchange {
  /** What the server says next. */
  readonly first: string;
  /** The server's last word where the proof is right; undefined where it is not. Throws `MalformedMessage`. */
  finish(clientFinal: string): string | undefined;
}

export interface ServerExchangeOptions {
  readonly mechanism: string;
  readonly clientFirst: string;
  readonly verifier: ScramVerifier;
  readonly nonce: string;
  /** Of our own certificate; absent where there is no TLS, and then -PLUS was not offered. */
  readonly endPoint: Buffer | undefined;
}

/** The server's side. Throws `MalformedMessage` for what breaks the rules, downgrades included. */
export function answerClient({ mechanism, clientFirst, verifier, nonce, endPoint: channel }: ServerExchangeOptions): ServerExchange {
  const { header, flag, bare, clientNonce } = readClientFirst(clientFirst, mechanism);
  // It could bind, and believes that the server cannot: somebody between took the offer away.
  if (flag === 'y' && channel) throw new MalformedMessage('a SCRAM exchange without the channel binding that was offered');
  const combined = clientNonce + nonce;
  const first = `r=${combined},s=${verifier.salt.toString('base64')},i=${verifier.iterations}`;
  return {
    first,
    finish(clientFinal) {
      const { withoutProof, binding, proof } = readClientFinal(clientFinal, combined);
      const bound = mechanism === SCRAM_PLUS && channel ? Buffer.concat([Buffer.from(header), channel]) : Buffer.from(header);
      const sameChannel = binding.length === bound.length && timingSafeEqual(binding, bound);
      const text = `${bare},${first},${withoutProof}`;
      const clientKey = xor(hmac(verifier.storedKey, text), proof);
      const known = timingSafeEqual(sha256(clientKey), verifier.storedKey);
      return sameChannel && known ? `v=${hmac(verifier.serverKey, text).toString('base64')}` : undefined;
    },
  };
}

interface ClientFirst {
  readonly header: string;
  /** What it says of channel binding: `n`, `y` or `p=...`. */
  readonly flag: string;
  readonly bare: string;
  readonly clientNonce: string;
}

function readClientFirst(text: string, mechanism: string): ClientFirst {
  if (text.length > MAX_MESSAGE) throw new MalformedMessage('a SCRAM message that is too long');
  const found = /^((n|y|p=[A-Za-z0-9.-]+),(a=[^,]*)?,)(n=[^,]*,r=([\x21-\x2b\x2d-\x7e]+)(?:,.*)?)$/s.exec(text);
  if (!found) throw new MalformedMessage('a SCRAM message that is none');
  const [, header = '', flag = '', authzid, bare = '', clientNonce = ''] = found;
  if (clientNonce.length > MAX_NONCE) throw new MalformedMessage('a SCRAM nonce that is too long');
  if (authzid !== undefined) throw new MalformedMessage('a SCRAM message that asks to be somebody else');
  if (mechanism === SCRAM_PLUS ? flag !== 'p=tls-server-end-point' : flag.startsWith('p='))
    throw new MalformedMessage('a SCRAM channel binding of another kind');
  return { header, flag, bare, clientNonce };
}

function readClientFinal(text: string, nonce: string): { readonly withoutProof: string; readonly binding: Buffer; readonly proof: Buffer } {
  if (text.length > MAX_MESSAGE) throw new MalformedMessage('a SCRAM message that is too long');
  const found = /^(c=([A-Za-z0-9+/=]+),r=([^,]+)),p=([A-Za-z0-9+/=]+)$/.exec(text);
  if (!found) throw new MalformedMessage('a SCRAM message that is none');
  const [, withoutProof = '', binding = '', itsNonce, proof = ''] = found;
  if (itsNonce !== nonce) throw new MalformedMessage('a SCRAM nonce of another exchange');
  const bytes = Buffer.from(proof, 'base64');
  if (bytes.length !== 32) throw new MalformedMessage('a SCRAM proof of another length');
  return { withoutProof, binding: Buffer.from(binding, 'base64'), proof: bytes };
}

export interface ClientExchange {
  readonly mechanism: string;
  readonly first: string;
  /** Throws `MalformedMessage` for a server that breaks the rules or asks for too many rounds. */
  answer(serverFirst: string): Promise<string>;
  /** Whether the server knows the password, too. */
  accepts(serverFinal: string): boolean;
}

export interface ClientExchangeOptions {
  readonly password: string;
  readonly nonce: string;
  /** What the server offers. */
  readonly mechanisms: readonly string[];
  /** Of the server's certificate; absent where there is no TLS. */
  readonly endPoint: Buffer | undefined;
}

/** The client's side: binds the channel wherever the server can. */
export function greetServer({ password, nonce, mechanisms, endPoint: channel }: ClientExchangeOptions): ClientExchange {
  const plus = channel !== undefined && mechanisms.includes(SCRAM_PLUS);
  if (!plus && !mechanisms.includes(SCRAM)) throw new MalformedMessage('no way to sign in that is known here');
  const header = plus ? 'p=tls-server-end-point,,' : channel ? 'y,,' : 'n,,';
  const bare = `n=,r=${nonce}`;
  let expected: Buffer | undefined;
  return {
    mechanism: plus ? SCRAM_PLUS : SCRAM,
    first: header + bare,
    async answer(serverFirst) {
      const { combined, salt, iterations } = readServerFirst(serverFirst, nonce);
      const key = await saltedPassword(password, salt, iterations);
      const binding = Buffer.concat([Buffer.from(header), plus && channel ? channel : Buffer.alloc(0)]).toString('base64');
      const withoutProof = `c=${binding},r=${combined}`;
      const text = `${bare},${serverFirst},${withoutProof}`;
      const clientKey = hmac(key, 'Client Key');
      expected = hmac(hmac(key, 'Server Key'), text);
      return `${withoutProof},p=${xor(clientKey, hmac(sha256(clientKey), text)).toString('base64')}`;
    },
    accepts(serverFinal) {
      const given = Buffer.from(/^v=([A-Za-z0-9+/=]{1,100})/.exec(serverFinal)?.[1] ?? '', 'base64');
      return expected !== undefined && given.length === expected.length && timingSafeEqual(given, expected);
    },
  };
}

function readServerFirst(text: string, nonce: string): { readonly combined: string; readonly salt: Buffer; readonly iterations: number } {
  const found = text.length > MAX_MESSAGE ? null : /^r=([\x21-\x2b\x2d-\x7e]+),s=([A-Za-z0-9+/=]+),i=([1-9][0-9]{0,9})(?:,|$)/.exec(text);
  if (!found) throw new MalformedMessage('a SCRAM message that is none');
  const [, combined = '', salt = '', rounds = ''] = found;
  if (!combined.startsWith(nonce) || combined.length <= nonce.length) throw new MalformedMessage('a SCRAM nonce of another exchange');
  const iterations = Number(rounds);
  if (iterations > MAX_ITERATIONS) throw new MalformedMessage(`SCRAM with ${iterations} rounds, where ${MAX_ITERATIONS} are allowed`);
  return { combined, salt: Buffer.from(salt, 'base64'), iterations };
}
