import { constants, createDecipheriv, privateDecrypt, type KeyObject } from 'node:crypto';
import { ENCRYPTION, SIGNATURE } from './names.ts';
import { refused } from './refused.ts';
import { attributeOf, childrenOf, isElement, walk, type XmlElement } from './xml-element.ts';

const MODERN = 'http://www.w3.org/2009/xmlenc11#';

interface Cipher {
  readonly name: 'aes-128-gcm' | 'aes-256-gcm' | 'aes-128-cbc' | 'aes-256-cbc';
  readonly keyBytes: number;
}

const CIPHERS: ReadonlyMap<string, Cipher> = new Map([
  [`${MODERN}aes128-gcm`, { name: 'aes-128-gcm', keyBytes: 16 }],
  [`${MODERN}aes256-gcm`, { name: 'aes-256-gcm', keyBytes: 32 }],
  [`${ENCRYPTION}aes128-cbc`, { name: 'aes-128-cbc', keyBytes: 16 }],
  [`${ENCRYPTION}aes256-cbc`, { name: 'aes-256-cbc', keyBytes: 32 }],
]);

/** RSA with PKCS#1 v1.5 padding is left out: it answers questions about the key's ciphertext. */
const KEY_TRANSPORTS = new Set([`${ENCRYPTION}rsa-oaep-mgf1p`, `${MODERN}rsa-oaep`]);
const OAEP_HASHES: ReadonlyMap<string, 'sha1' | 'sha256' | 'sha512'> = new Map([
  [`${SIGNATURE}sha1`, 'sha1'],
  [`${ENCRYPTION}sha256`, 'sha256'],
  [`${ENCRYPTION}sha512`, 'sha512'],
]);
const MASK_HASHES: ReadonlyMap<string, string> = new Map([
  [`${MODERN}mgf1sha1`, 'sha1'],
  [`${MODERN}mgf1sha256`, 'sha256'],
  [`${MODERN}mgf1sha512`, 'sha512'],
]);

/**
 * The assertion inside of an `EncryptedAssertion`. AES-CBC does not authenticate: who may change it and see what becomes of that, can read it. So it is
 * taken only where a signature around it was verified, and every failure says the same.
 */
export function decryptAssertion(encrypted: XmlElement, keys: readonly KeyObject[], around: 'signed' | 'unsigned'): string {
  const parts = partsOf(encrypted);
  if (parts.cipher.name.endsWith('cbc') && around === 'unsigned')
    throw refused('AES-CBC is taken only in a signed response: have the provider sign it, or encrypt with AES-GCM');
  for (const key of keys) {
    const text = attempt(parts, key);
    if (text !== undefined) return text;
  }
  throw refused('the assertion cannot be decrypted');
}

interface Parts {
  readonly cipher: Cipher;
  readonly data: Buffer;
  readonly key: Buffer;
  readonly hash: 'sha1' | 'sha256' | 'sha512';
}

function attempt({ cipher, data, key, hash }: Parts, privateKey: KeyObject): string | undefined {
  try {
    const secret = privateDecrypt({ key: privateKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: hash }, key);
    if (secret.byteLength !== cipher.keyBytes) return undefined;
    const clear = cipher.name.endsWith('gcm') ? openGcm(cipher, secret, data) : openCbc(cipher, secret, data);
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(clear);
  } catch {
    return undefined;
  }
}

const GCM = { iv: 12, tag: 16 } as const;

function openGcm({ name }: Cipher, secret: Buffer, data: Buffer): Buffer {
  if (data.byteLength < GCM.iv + GCM.tag) throw new RangeError('too short');
  // The name ends with gcm: that is how this is reached.
  const decipher = createDecipheriv(name as 'aes-128-gcm', secret, data.subarray(0, GCM.iv), { authTagLength: GCM.tag });
  decipher.setAuthTag(data.subarray(-GCM.tag));
  return Buffer.concat([decipher.update(data.subarray(GCM.iv, -GCM.tag)), decipher.final()]);
}

const BLOCK = 16;

/** Padding as XML Encryption has it: the last byte is its length, the others are anything. */
function openCbc({ name }: Cipher, secret: Buffer, data: Buffer): Buffer {
  const decipher = createDecipheriv(name, secret, data.subarray(0, BLOCK)).setAutoPadding(false);
  const padded = Buffer.concat([decipher.update(data.subarray(BLOCK)), decipher.final()]);
  const padding = padded.at(-1) ?? 0;
  if (padding < 1 || padding > BLOCK) throw new RangeError('padding');
  return padded.subarray(0, -padding);
}

/** `EncryptedKey` stands in the data's `KeyInfo`, or beside the data. */
function partsOf(encrypted: XmlElement): Parts {
  const all = [...walk(encrypted)];
  const [data, ...moreData] = all.filter((one) => isElement(one, ENCRYPTION, 'EncryptedData'));
  const [key, ...moreKeys] = all.filter((one) => isElement(one, ENCRYPTION, 'EncryptedKey'));
  if (!data || !key || moreData.length > 0 || moreKeys.length > 0 || !encrypted.children.includes(data)) throw refused('the encrypted assertion is malformed');
  const cipher = CIPHERS.get(methodOf(data)?.algorithm ?? '');
  const transport = methodOf(key);
  if (!cipher || !transport || !KEY_TRANSPORTS.has(transport.algorithm)) throw refused('the assertion is encrypted in a way that is not accepted');
  return { cipher, data: valueOf(data), key: valueOf(key), hash: oaepHash(transport.element) };
}

function methodOf(element: XmlElement): { readonly element: XmlElement; readonly algorithm: string } | undefined {
  const [method] = childrenOf(element, ENCRYPTION, 'EncryptionMethod');
  return method && { element: method, algorithm: attributeOf(method, 'Algorithm') ?? '' };
}

/** One hash for label and mask: OpenSSL is told one. `rsa-oaep-mgf1p` always masks with SHA-1. */
function oaepHash(method: XmlElement): Parts['hash'] {
  const [digest] = childrenOf(method, SIGNATURE, 'DigestMethod');
  const [mask] = childrenOf(method, MODERN, 'MGF');
  const hash = digest ? OAEP_HASHES.get(attributeOf(digest, 'Algorithm') ?? '') : 'sha1';
  const masked = mask ? MASK_HASHES.get(attributeOf(mask, 'Algorithm') ?? '') : 'sha1';
  if (hash === undefined || masked !== hash) throw refused('the assertion is encrypted in a way that is not accepted');
  return hash;
}

function valueOf(element: XmlElement): Buffer {
  const [data] = childrenOf(element, ENCRYPTION, 'CipherData');
  const [value] = data ? childrenOf(data, ENCRYPTION, 'CipherValue') : [];
  const text = value?.text.replaceAll(/\s/g, '') ?? '';
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) throw refused('the encrypted assertion is malformed');
  return Buffer.from(text, 'base64');
}
