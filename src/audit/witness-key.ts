import { createHash, createPublicKey, verify, type KeyObject } from 'node:crypto';
import { SallyportError } from '../core/error.ts';

/** A witness that cosigns checkpoints. Sources: c2sp.org/tlog-cosignature (type 0x04, Ed25519), c2sp.org/signed-note (the key as text). */
export interface WitnessKey {
  readonly name: string;
  readonly id: Buffer;
  readonly key: KeyObject;
}

const COSIGNATURE = 4;
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');
const ID_BYTES = 4;
const TIME_BYTES = 8;
const SIGNATURE_BYTES = 64;

/** Throws `config_invalid` for what is no such key; `where` says where it stands. */
export function parseWitnessKey(text: string, where = 'audit.witnesses'): WitnessKey {
  const [, name = '', id = '', encoded = ''] = /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})$/u.exec(text.trim()) ?? [];
  const bytes = Buffer.from(encoded, 'base64');
  const publicBytes = bytes.subarray(1);
  if (bytes[0] !== COSIGNATURE || publicBytes.length !== 32 || witnessKeyId(name, publicBytes).toString('hex') !== id)
    throw new SallyportError('config_invalid', `${where}: a key is no verifier key of a witness (Ed25519, type 0x04)`, {
      hint: 'the witness tells its key',
    });
  return { name, id: Buffer.from(id, 'hex'), key: createPublicKey({ key: Buffer.concat([SPKI_PREFIX, publicBytes]), format: 'der', type: 'spki' }) };
}

export function witnessKeyId(name: string, publicBytes: Buffer): Buffer {
  return createHash('sha256')
    .update(`${name}\n`)
    .update(Buffer.from([COSIGNATURE]))
    .update(publicBytes)
    .digest()
    .subarray(0, ID_BYTES);
}

/** What a witness signs: when, and the checkpoint's text. */
export function cosignedMessage(text: string, seconds: bigint): Buffer {
  return Buffer.from(`cosignature/v1\ntime ${seconds}\n${text}`);
}

/** The line of this witness among those of an answer, if its cosignature is right. */
export function findCosignature(lines: readonly string[], text: string, key: WitnessKey): string | undefined {
  return lines.find((line) => judgeLine(line, text, key) === 'good');
}

/** What this witness says of a checkpoint. Lines of others, and of other keys, say nothing of it. */
export function judgeCosignature(lines: readonly string[], text: string, key: WitnessKey): 'good' | 'bad' | 'absent' {
  const verdicts = lines.map((line) => judgeLine(line, text, key));
  return verdicts.find((verdict) => verdict === 'bad') ?? verdicts.find((verdict) => verdict === 'good') ?? 'absent';
}

function judgeLine(line: string, text: string, { name, id, key }: WitnessKey): 'good' | 'bad' | 'absent' {
  const [, signer, encoded = ''] = /^\u2014 (\S+) ([A-Za-z0-9+/]+={0,2})$/u.exec(line) ?? [];
  const bytes = Buffer.from(encoded, 'base64');
  if (signer !== name || !bytes.subarray(0, ID_BYTES).equals(id)) return 'absent';
  // One spelling only: a lenient decoder would take several texts for one signature.
  if (bytes.length !== ID_BYTES + TIME_BYTES + SIGNATURE_BYTES || bytes.toString('base64') !== encoded) return 'bad';
  const seconds = bytes.readBigUInt64BE(ID_BYTES);
  return verify(null, cosignedMessage(text, seconds), key, bytes.subarray(ID_BYTES + TIME_BYTES)) ? 'good' : 'bad';
}
