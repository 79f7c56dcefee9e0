import { createHash, createSecretKey, randomBytes, type KeyObject } from 'node:crypto';
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { SallyportError } from '../core/error.ts';
import type { KeyWrapping } from './key-wrapping.ts';
import { destroyFile, publish, readIfThere, replaceFile } from './secret-files.ts';

/** A key of the gateway's own, which wraps data keys. `id` names it in what it wrapped. */
export interface RecordingKey {
  readonly id: string;
  readonly key: KeyObject;
}

/** Plain objects and keys: it can be handed to a thread. */
export interface RecordingKeys {
  /** The one that wraps from here on. */
  readonly current: RecordingKey;
  /** Those that ever did, the current one as well. */
  readonly all: readonly RecordingKey[];
}

const KEY_BYTES = 32;
const PLAIN = 'recording.key';
const WRAPPED = 'recording.key.wrapped';

export interface RecordingKeysOptions {
  /** The data folder's `keys/`. */
  readonly folder: string;
  readonly mayCreate: 'create' | 'must-exist';
  /** Absent: the keys are kept in the file as they are. */
  readonly wrapping?: KeyWrapping;
}

/**
 * Reads `recording.key`, or `recording.key.wrapped` and has it unwrapped. New ones are made where there are none and may be. Never goes on with
 * another key than the configured one: throws `config_invalid` where file and configuration disagree, and what `unwrap` throws.
 */
export async function openRecordingKeys({ folder, mayCreate, wrapping }: RecordingKeysOptions): Promise<RecordingKeys> {
  const { plain, wrapped } = await filesIn(folder);
  const path = join(folder, wrapped ? WRAPPED : PLAIN);
  if (wrapped && !wrapping) throw wrongPlace(`${path} is wrapped by ${wrapped.by}`, 'name that key under audit.recordingKey in the configuration');
  if (plain && wrapping)
    throw wrongPlace(`${join(folder, PLAIN)} lies there as it is, but ${wrapping.name} should wrap it`, 'sallyport audit wrap-key --config FILE does it');
  if (wrapped && wrapping) return parseKeys(await wrapping.unwrap(wrapped.text));
  if (plain) return parseKeys(plain);
  if (mayCreate === 'must-exist') throw missing(path);
  const bytes = randomBytes(KEY_BYTES);
  if (!wrapping) return parseKeys(await publish(folder, PLAIN, bytes));
  const published = parseWrapped(await publish(folder, WRAPPED, wrappedFile(wrapping, await wrapping.wrap(bytes))));
  // Another process may have been first.
  return parseKeys(await wrapping.unwrap(published.text));
}

/** What reading recordings needs. */
export function readRecordingKeys(folder: string, wrapping?: KeyWrapping): Promise<RecordingKeys> {
  return openRecordingKeys({ folder, mayCreate: 'must-exist', ...(wrapping ? { wrapping } : {}) });
}

/** Whether a key server is needed to read recordings. */
export async function areWrapped(folder: string): Promise<boolean> {
  return (await filesIn(folder)).wrapped !== undefined;
}

/**
 * Wraps the keys anew, with what wraps now: for the first time, or with a newer version of the same key. What lay there as it is, is destroyed once
 * the wrapped ones were proved to open. May be run beside the gateway, and again.
 */
export async function wrapRecordingKeys(folder: string, wrapping: KeyWrapping): Promise<void> {
  await rewrite(folder, wrapping, (bytes) => bytes);
}

/** Adds a new key, which wraps from here on; the old ones stay for what they wrapped. The gateway must not run. */
export async function addRecordingKey(folder: string, wrapping: KeyWrapping | undefined): Promise<RecordingKeys> {
  return rewrite(folder, wrapping, (bytes) => Buffer.concat([bytes, randomBytes(KEY_BYTES)]));
}

async function rewrite(folder: string, wrapping: KeyWrapping | undefined, change: (bytes: Buffer) => Buffer): Promise<RecordingKeys> {
  const { plain, wrapped } = await filesIn(folder);
  if (!plain && !wrapped) throw missing(join(folder, PLAIN));
  if (wrapped && !wrapping) throw wrongPlace(`${join(folder, WRAPPED)} is wrapped by ${wrapped.by}`, 'name that key under audit.recordingKey');
  const old = wrapped && wrapping ? await wrapping.unwrap(wrapped.text) : plain;
  if (!old) throw missing(join(folder, PLAIN));
  if (plain && !plain.equals(old)) throw wrongPlace(`${join(folder, PLAIN)} is not what ${WRAPPED} holds`, 'put aside the one that is not of this record');
  const bytes = change(old);
  const keys = parseKeys(bytes);
  if (!wrapping) {
    if ((await lstat(join(folder, PLAIN))).isSymbolicLink()) throw wrongPlace(`${join(folder, PLAIN)} is a link`, 'change the key where the link leads');
    await replaceFile(folder, PLAIN, bytes);
    return keys;
  }
  const text = await wrapping.wrap(bytes);
  if (!(await wrapping.unwrap(text)).equals(bytes)) throw new SallyportError('verify_failed', `${wrapping.name} does not give back what it wrapped`);
  await replaceFile(folder, WRAPPED, wrappedFile(wrapping, text));
  if (plain) await destroyFile(folder, PLAIN);
  return keys;
}

/** One key behind another, the newest last. */
export function parseKeys(bytes: Buffer): RecordingKeys {
  if (bytes.length === 0 || bytes.length % KEY_BYTES !== 0) {
    throw new SallyportError('config_invalid', `${PLAIN} holds ${bytes.length} bytes instead of ${KEY_BYTES} for each key`, {
      hint: 'restore it from a backup',
    });
  }
  const all = Array.from({ length: bytes.length / KEY_BYTES }, (_, at) => recordingKey(bytes.subarray(at * KEY_BYTES, (at + 1) * KEY_BYTES)));
  const current = all.at(-1);
  if (!current) throw new SallyportError('internal', 'no key');
  return { current, all };
}

function recordingKey(bytes: Buffer): RecordingKey {
  const id = createHash('sha256').update('sallyport recording key\n').update(bytes).digest('hex').slice(0, 16);
  return { id, key: createSecretKey(bytes) };
}

interface WrappedFile {
  /** Name of what wrapped. */
  readonly by: string;
  readonly text: string;
}

async function filesIn(folder: string): Promise<{ readonly plain: Buffer | undefined; readonly wrapped: WrappedFile | undefined }> {
  const wrapped = await readIfThere(join(folder, WRAPPED));
  return { plain: await readIfThere(join(folder, PLAIN)), wrapped: wrapped && parseWrapped(wrapped) };
}

function wrappedFile({ name }: KeyWrapping, text: string): Buffer {
  return Buffer.from(`${JSON.stringify({ by: name, wrapped: text })}\n`);
}

function parseWrapped(bytes: Buffer): WrappedFile {
  try {
    // Our own format; a changed one does not unwrap.
    const { by, wrapped } = JSON.parse(bytes.toString()) as Readonly<Record<string, unknown>>;
    if (typeof by === 'string' && typeof wrapped === 'string') return { by, text: wrapped };
  } catch {
    // Said below.
  }
  throw new SallyportError('config_invalid', `${WRAPPED} is not what a gateway wrote`, { hint: 'restore it from a backup' });
}

function missing(path: string): SallyportError {
  return new SallyportError('config_invalid', `${path} is missing, but there is a log that was written with it`, {
    hint: 'restore it from a backup, or move the journal away to begin a new log',
  });
}

const wrongPlace = (message: string, hint: string): SallyportError => new SallyportError('config_invalid', message, { hint });
