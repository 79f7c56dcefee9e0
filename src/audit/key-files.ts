import { createHash, createSecretKey, randomBytes, type KeyObject } from 'node:crypto';
import { constants } from 'node:fs';
import { link, mkdir, open, readFile, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { SallyportError } from '../core/error.ts';
import { generateSignerText, parseSigner, verifierText, type NoteSigner } from './note.ts';

/** The gateway's own key, which wraps the data keys. `id` names it in what it wrapped. */
export interface RecordingKey {
  readonly id: string;
  readonly key: KeyObject;
}

export interface AuditKeys {
  readonly recording: RecordingKey;
  readonly checkpoint: NoteSigner;
}

const RECORDING_BYTES = 32;

/**
 * Reads `recording.key`, `checkpoint.key` and `checkpoint.pub`, and makes them where there is no log yet (`mayCreate`). A lost key is
 * never replaced by itself: what it opened would be unreadable, or what it signed unverifiable, without anyone being told.
 */
export async function openAuditKeys(folder: string, mayCreate: 'create' | 'must-exist'): Promise<AuditKeys> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const recording = await readOrMake(folder, 'recording.key', mayCreate, () => randomBytes(RECORDING_BYTES));
  const signerText = await readOrMake(folder, 'checkpoint.key', mayCreate, () =>
    Buffer.from(generateSignerText(`sallyport/${randomBytes(8).toString('hex')}`)),
  );
  const checkpoint = parseSigner(signerText.toString());
  await readOrMake(folder, 'checkpoint.pub', 'create', () => Buffer.from(verifierText(checkpoint)), 0o644);
  return { recording: recordingKey(recording), checkpoint };
}

/** What reading recordings needs: the wrapping key alone. */
export async function readRecordingKey(folder: string): Promise<RecordingKey> {
  return recordingKey(await readSecretFile(join(folder, 'recording.key')));
}

export function recordingKey(bytes: Buffer): RecordingKey {
  if (bytes.length !== RECORDING_BYTES) {
    throw new SallyportError('config_invalid', `recording.key holds ${bytes.length} bytes instead of ${RECORDING_BYTES}`, { hint: 'restore it from a backup' });
  }
  const id = createHash('sha256').update('sallyport recording key\n').update(bytes).digest('hex').slice(0, 16);
  return { id, key: createSecretKey(bytes) };
}

async function readOrMake(folder: string, name: string, mayCreate: 'create' | 'must-exist', make: () => Buffer, mode = 0o600): Promise<Buffer> {
  const path = join(folder, name);
  const found = await readSecretFile(path, mode).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  });
  if (found) return found;
  if (mayCreate === 'must-exist') {
    throw new SallyportError('config_invalid', `${path} is missing, but there is a log that was written with it`, {
      hint: 'restore it from a backup, or move the journal away to begin a new log',
    });
  }
  await publish(folder, path, make(), mode);
  return readFile(path);
}

/** Two processes may start at once: `link` lets one of them win, with a whole file. */
async function publish(folder: string, path: string, bytes: Buffer, mode: number): Promise<void> {
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  const file = await open(draft, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, mode);
  try {
    await file.writeFile(bytes);
    await file.sync();
    await link(draft, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  } finally {
    await file.close();
    await unlink(draft);
  }
  const directory = await open(folder, 'r');
  await directory.sync().finally(() => directory.close());
}

async function readSecretFile(path: string, mode = 0o600): Promise<Buffer> {
  const { mode: actual } = await stat(path);
  if ((mode & 0o044) === 0 && (actual & 0o007) !== 0) {
    throw new SallyportError('config_invalid', `${path} can be read by every user of this machine`, {
      hint: `chmod 600 ${path}, and think about replacing the key`,
    });
  }
  return readFile(path);
}
