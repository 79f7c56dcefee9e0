import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify, type KeyObject } from 'node:crypto';
import { SallyportError } from '../core/error.ts';

/**
 * Signed notes and their keys as text, Ed25519 only. Sources: c2sp.org/signed-note (the note, the key ID, the verifier
 * key `name+id+base64`), and golang.org/x/mod/sumdb/note for the signer key `PRIVATE+KEY+name+id+base64`.
 */
export interface NoteSigner {
  readonly name: string;
  readonly key: KeyObject;
  readonly publicBytes: Buffer;
}

export interface NoteVerifier {
  readonly name: string;
  readonly key: KeyObject;
  readonly publicBytes: Buffer;
}

const ED25519 = 1;
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');
const NAME = /^[^\s+]{1,200}$/u;

export function generateSignerText(name: string): string {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const seed = privateKey.export({ type: 'pkcs8', format: 'der' }).subarray(PKCS8_PREFIX.length);
  return `PRIVATE+KEY+${keyText(name, rawPublic(publicKey), seed)}\n`;
}

export function parseSigner(text: string): NoteSigner {
  const [name, , bytes] = keyParts(text.trim().replace(/^PRIVATE\+KEY\+/, ''));
  const key = createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, bytes]), format: 'der', type: 'pkcs8' });
  return { name, key, publicBytes: rawPublic(createPublicKey(key)) };
}

export function verifierText(signer: Pick<NoteSigner, 'name' | 'publicBytes'>): string {
  return `${keyText(signer.name, signer.publicBytes, signer.publicBytes)}\n`;
}

/** One verifier key a line: after a rotation the file holds the old keys as well. */
export function parseVerifiers(text: string): readonly NoteVerifier[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  if (lines.length === 0) throw badKey('the public key file is empty');
  return lines.map((line) => {
    const [name, id, bytes] = keyParts(line.trim());
    if (id !== keyId(name, bytes).toString('hex')) throw badKey(`the public key of ${name} does not have the id that it states`);
    return { name, key: createPublicKey({ key: Buffer.concat([SPKI_PREFIX, bytes]), format: 'der', type: 'spki' }), publicBytes: bytes };
  });
}

/** First four bytes of SHA-256(name, newline, 0x01, public key). */
function keyId(name: string, publicBytes: Buffer): Buffer {
  return createHash('sha256')
    .update(`${name}\n`)
    .update(Buffer.from([ED25519]))
    .update(publicBytes)
    .digest()
    .subarray(0, 4);
}

/** `text` ends in a newline. The key signs under `name`. */
export function signNote(text: string, name: string, signer: NoteSigner): string {
  const signature = Buffer.concat([keyId(name, signer.publicBytes), sign(null, Buffer.from(text), signer.key)]);
  return `${text}\n\u2014 ${name} ${signature.toString('base64')}\n`;
}

/** True where one of the note's signatures under `name` is by one of these keys and right. A wrong one by a known key is false, whatever else is there. */
export function noteIsSigned(text: string, signatures: readonly string[], name: string, verifiers: readonly NoteVerifier[]): boolean {
  let good = false;
  for (const line of signatures) {
    const [, signer, encoded] = /^\u2014 (\S+) ([A-Za-z0-9+/]+={0,2})$/u.exec(line) ?? [];
    const bytes = Buffer.from(encoded ?? '', 'base64');
    // One spelling only: a lenient decoder would take several texts for one signature.
    if (signer === undefined || bytes.toString('base64') !== encoded) return false;
    const verifier = signer === name ? verifiers.find(({ publicBytes }) => keyId(name, publicBytes).equals(bytes.subarray(0, 4))) : undefined;
    if (!verifier) continue;
    if (!verify(null, Buffer.from(text), verifier.key, bytes.subarray(4))) return false;
    good = true;
  }
  return good;
}

function keyText(name: string, publicBytes: Buffer, bytes: Buffer): string {
  if (!NAME.test(name)) throw badKey('a key name has no white space and no plus sign');
  return `${name}+${keyId(name, publicBytes).toString('hex')}+${Buffer.concat([Buffer.from([ED25519]), bytes]).toString('base64')}`;
}

function keyParts(text: string): readonly [name: string, id: string, bytes: Buffer] {
  // Base64 may itself hold a plus sign: only the first two separate.
  const [, name, id, encoded] = /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})$/u.exec(text) ?? [];
  const bytes = Buffer.from(encoded ?? '', 'base64');
  if (name === undefined || id === undefined || bytes.length !== 33 || bytes[0] !== ED25519) throw badKey('not an Ed25519 note key');
  return [name, id, bytes.subarray(1)];
}

function rawPublic(key: KeyObject): Buffer {
  return key.export({ type: 'spki', format: 'der' }).subarray(SPKI_PREFIX.length);
}

function badKey(message: string): SallyportError {
  return new SallyportError('verify_failed', message, { hint: 'it is one line: name, id and key, joined by plus signs' });
}
