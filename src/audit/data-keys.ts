import { createCipheriv, createDecipheriv, createSecretKey, hash, randomBytes, type KeyObject } from 'node:crypto';
import { SallyportError } from '../core/error.ts';
import { newId } from '../core/id.ts';
import { RecentlyUsed } from '../core/recently-used.ts';
import type { RecordingKey, RecordingKeys } from './recording-keys.ts';

const ALGORITHM = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
export const SEAL_OVERHEAD = NONCE_BYTES + TAG_BYTES;

/** A data key as it is kept beside its segment, one JSON line each. Erasing a session deletes its lines. */
export interface WrappedKey {
  readonly id: string;
  /** Empty for what belongs to no session. */
  readonly session: string;
  /** Id of the key that wrapped it. */
  readonly by: string;
  /** Base64: nonce, ciphertext, tag. */
  readonly wrapped: string;
}

/** Where a body belongs; bound into its ciphertext, so that it opens nowhere else. */
export interface BodyPlace {
  readonly session: string;
  readonly index: number;
  readonly name: string;
  /** Which of the event's bodies. */
  readonly ordinal: number;
}

interface DataKey {
  readonly id: string;
  readonly key: KeyObject;
  /** Counts up: one key never sees a nonce twice, because it lives in this process only and is never read back to seal. */
  used: number;
}

/**
 * Data keys, one for each session, that seal bodies. At most `bound` are held: a session that comes back gets another key.
 * `clear` at each new segment keeps a segment and its key file complete in themselves.
 */
export class DataKeys {
  readonly #writer: string;
  readonly #recording: RecordingKey;
  /** By session. */
  readonly #keys: RecentlyUsed<DataKey>;

  constructor(writer: string, recording: RecordingKey, bound = 4096) {
    this.#writer = writer;
    this.#recording = recording;
    this.#keys = new RecentlyUsed(bound);
  }

  /** `isNew` is the line to make durable before anything that this key sealed. */
  use(session: string): { readonly key: DataKey; readonly isNew?: WrappedKey } {
    const known = this.#keys.get(session);
    if (known) return { key: known };
    const bytes = randomBytes(32);
    const key: DataKey = { id: newId(), key: createSecretKey(bytes), used: 0 };
    const aad = wrapContext(this.#writer, session, key.id);
    const wrapped = encrypt(this.#recording.key, randomBytes(NONCE_BYTES), aad, bytes).toString('base64');
    bytes.fill(0);
    this.#keys.set(session, key);
    return { key, isNew: { id: key.id, session, by: this.#recording.id, wrapped } };
  }

  /** Nonce, ciphertext and tag. */
  seal(key: DataKey, place: BodyPlace, plain: Uint8Array): Buffer {
    key.used += 1;
    const nonce = Buffer.alloc(NONCE_BYTES);
    nonce.writeUIntBE(key.used, NONCE_BYTES - 6, 6);
    return encrypt(key.key, nonce, bodyContext(this.#writer, place), plain);
  }

  /** The session's key is not used again: whatever comes of it gets another one. */
  forget(session: string): void {
    this.#keys.delete(session);
  }

  get size(): number {
    return this.#keys.size;
  }

  clear(): void {
    this.#keys.clear();
  }
}

/** The plaintext of a data key. Throws where it is wrapped by another key, or was changed. */
export function unwrapKey(writer: string, wrapped: WrappedKey, { all }: RecordingKeys): KeyObject {
  const recording = all.find(({ id }) => id === wrapped.by);
  if (!recording) {
    throw new SallyportError('verify_failed', `the recording was made under another gateway key (${wrapped.by})`, {
      hint: 'use the recording.key of that time',
    });
  }
  return createSecretKey(decrypt(recording.key, wrapContext(writer, wrapped.session, wrapped.id), Buffer.from(wrapped.wrapped, 'base64'), 'a data key'));
}

export function openBody(writer: string, key: KeyObject, place: BodyPlace, sealed: Buffer): Buffer {
  return decrypt(key, bodyContext(writer, place), sealed, `the ${place.name} of event ${place.index}`);
}

export function sealedHash(sealed: Buffer): string {
  return hash('sha256', sealed, 'hex');
}

function wrapContext(writer: string, session: string, id: string): Buffer {
  return Buffer.from(JSON.stringify(['sallyport data key', writer, session, id]));
}

function bodyContext(writer: string, { session, index, name, ordinal }: BodyPlace): Buffer {
  return Buffer.from(JSON.stringify(['sallyport body', writer, session, index, name, ordinal]));
}

function encrypt(key: KeyObject, nonce: Buffer, context: Buffer, plain: Uint8Array): Buffer {
  const cipher = createCipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(context);
  const text = cipher.update(plain);
  cipher.final();
  return Buffer.concat([nonce, text, cipher.getAuthTag()]);
}

function decrypt(key: KeyObject, context: Buffer, sealed: Buffer, what: string): Buffer {
  try {
    const decipher = createDecipheriv(ALGORITHM, key, sealed.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
    decipher.setAAD(context);
    decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
    return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES, sealed.length - TAG_BYTES)), decipher.final()]);
  } catch (cause) {
    throw new SallyportError('verify_failed', `${what} cannot be opened: it was changed, or the key is not its own`, { cause });
  }
}
