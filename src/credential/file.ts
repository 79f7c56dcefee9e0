import { constants, type BigIntStats } from 'node:fs';
import { open, stat, type FileHandle } from 'node:fs/promises';
import { SallyportError } from '../core/error.ts';

interface SecretFile {
  readonly value: string;
  /** What an operator should know of the file; never its content. */
  readonly warning: string | undefined;
}

interface Kept extends SecretFile {
  readonly stamp: string;
}

const MAX_BYTES = 64 << 10;
const MAX_KEPT = 1000;
const kept = new Map<string, Kept>();

/** The secret in a file, without its last line break; read again when the file changed, so that it can be rotated. */
export async function readSecretFile(path: string): Promise<SecretFile> {
  const known = kept.get(path);
  const stamp = await stampOf(path);
  if (known?.stamp === stamp) return known;
  const fresh = await readNow(path);
  if (kept.size >= MAX_KEPT) kept.clear();
  kept.set(path, fresh);
  return fresh;
}

async function stampOf(path: string): Promise<string> {
  try {
    return stampFrom(await stat(path, { bigint: true }));
  } catch (cause) {
    kept.delete(path);
    throw missing(path, cause);
  }
}

const stampFrom = ({ mtimeNs, ctimeNs, ino, size }: BigIntStats): string => `${mtimeNs}.${ctimeNs}.${ino}.${size}`;

async function readNow(path: string): Promise<Kept> {
  let file: FileHandle | undefined;
  try {
    // Non-blocking, so that a named pipe does not hold the caller before it is recognised.
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stats = await file.stat({ bigint: true });
    const { size, mode } = stats;
    if (!stats.isFile()) throw new SallyportError('credential_missing', `${path} is not an ordinary file`, { hint: 'name a file that holds the secret' });
    if (size > MAX_BYTES) throw new SallyportError('credential_missing', `the file ${path} is too big for a secret`, { hint: `at most ${MAX_BYTES} bytes` });
    const text = await file.readFile('utf8');
    const warning = (mode & 0o077n) !== 0n ? `the file ${path} can be read by others than its owner: chmod 600 ${path}` : undefined;
    return { value: text.replace(/\r?\n$/, ''), warning, stamp: stampFrom(stats) };
  } catch (error) {
    throw error instanceof SallyportError ? error : missing(path, error);
  } finally {
    await file?.close();
  }
}

function missing(path: string, cause: unknown): SallyportError {
  return new SallyportError('credential_missing', `the file ${path} cannot be read`, {
    hint: 'create it with the secret in it, readable by the gateway',
    cause,
  });
}
