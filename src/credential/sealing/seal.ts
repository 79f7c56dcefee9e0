import { createCipheriv, createDecipheriv, hash, randomBytes } from 'node:crypto';
import { SallyportError } from '../../core/error.ts';

/** A key of 32 bytes that is kept outside the database. */
export interface SealingKey {
  readonly id: string;
  readonly bytes: Uint8Array;
}

export interface SealingKeys {
  /** What is sealed from now on is sealed with this one. */
  current(): Promise<SealingKey>;
  /** Asks again where keys come from if it does not know the id: another process may have rotated them. */
  find(id: string): Promise<SealingKey | undefined>;
  /** Makes a new current key, or takes the one that was put in place since. */
  rotate(): Promise<SealingKey>;
}

/** As it is kept in a row. */
export interface Sealed {
  /** Base64: nonce, tag, ciphertext of AES-256-GCM. */
  readonly sealed: string;
  readonly key_id: string;
}

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
export const KEY_BYTES = 32;

export function sealingKey(bytes: Uint8Array): SealingKey {
  const id = hash('sha256', Buffer.concat([Buffer.from('sallyport sealing key\0'), bytes]), 'hex').slice(0, 16);
  return { id, bytes };
}

/** `bound` says what the text is and whose: it opens in that place only. */
export async function seal(keys: SealingKeys, text: string, bound: readonly string[]): Promise<Sealed> {
  const { id, bytes } = await keys.current();
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', bytes, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(contextOf(id, bound));
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return { sealed: Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64'), key_id: id };
}

/** Throws `credential_missing` where the key is gone, or the row was changed or moved. */
export async function unseal(keys: SealingKeys, { sealed, key_id }: Sealed, bound: readonly string[]): Promise<string> {
  const key = await keys.find(key_id);
  if (!key) {
    throw new SallyportError('credential_missing', `the key ${key_id} that sealed ${nameOf(bound)} is not there`, {
      hint: 'put the old key back until everything was sealed anew: sallyport secrets rotate-key',
    });
  }
  try {
    const bytes = Buffer.from(sealed, 'base64');
    const decipher = createDecipheriv('aes-256-gcm', key.bytes, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
    decipher.setAAD(contextOf(key_id, bound));
    decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
    return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]).toString('utf8');
  } catch (cause) {
    throw new SallyportError('credential_missing', `${nameOf(bound)} cannot be opened: its row was changed or belongs elsewhere`, {
      cause,
      hint: 'set it again',
    });
  }
}

const contextOf = (id: string, bound: readonly string[]): Buffer => Buffer.from(JSON.stringify(['sallyport', id, ...bound]));

const nameOf = ([kind = 'it', name = '']: readonly string[]): string => `${kind} ${name}`.trim();
