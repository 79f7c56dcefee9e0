import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { SallyportError } from '../core/error.ts';
import type { KeyWrapping } from './key-wrapping.ts';
import { generateSignerText, parseSigner, verifierText, type NoteSigner } from './note.ts';
import { openRecordingKeys, type RecordingKeys } from './recording-keys.ts';
import { publish, readIfThere } from './secret-files.ts';

export interface AuditKeys {
  readonly recording: RecordingKeys;
  readonly checkpoint: NoteSigner;
}

/**
 * Reads the recording keys, `checkpoint.key` and `checkpoint.pub`, and makes them where there is no log yet (`mayCreate`). A lost key is
 * never replaced by itself: what it opened would be unreadable, or what it signed unverifiable, without anyone being told.
 */
export async function openAuditKeys(folder: string, mayCreate: 'create' | 'must-exist', wrapping?: KeyWrapping): Promise<AuditKeys> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const recording = await openRecordingKeys({ folder, mayCreate, ...(wrapping ? { wrapping } : {}) });
  const signerText = await readOrMake(folder, 'checkpoint.key', mayCreate, () =>
    Buffer.from(generateSignerText(`sallyport/${randomBytes(8).toString('hex')}`)),
  );
  const checkpoint = parseSigner(signerText.toString());
  await readOrMake(folder, 'checkpoint.pub', 'create', () => Buffer.from(verifierText(checkpoint)), 0o644);
  return { recording, checkpoint };
}

async function readOrMake(folder: string, name: string, mayCreate: 'create' | 'must-exist', make: () => Buffer, mode = 0o600): Promise<Buffer> {
  const found = await readIfThere(join(folder, name), mode);
  if (found) return found;
  if (mayCreate === 'create') return publish(folder, name, make(), mode);
  throw new SallyportError('config_invalid', `${join(folder, name)} is missing, but there is a log that was written with it`, {
    hint: 'restore it from a backup, or move the journal away to begin a new log',
  });
}
