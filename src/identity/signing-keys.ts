import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { link, mkdir, open, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { calculateJwkThumbprint, importJWK, type CryptoKey, type JWK } from 'jose';
import { SallyportError } from '../core/error.ts';
import type { Algorithm } from './algorithm.ts';
import type { KeyLookup } from './issuer-keys.ts';
import { matchingKeys, readKeySet, type VerifyKey } from './key-set.ts';

export interface SigningKey {
  /** RFC 7638 thumbprint. */
  readonly kid: string;
  readonly algorithm: Algorithm;
  readonly privateKey: CryptoKey;
}

/** The gateway's own keys: one signs, all verify. */
export interface SigningKeys {
  readonly current: SigningKey;
  /** The public keys as a JWK set (RFC 7517), as others may read them. */
  readonly publicKeys: readonly JWK[];
  find(algorithm: Algorithm, kid: string | undefined): KeyLookup;
}

/** What a key file holds: a private JWK (Ed25519 or P-256) and when it was made. */
interface KeyFile {
  readonly createdAt: string;
  readonly key: JWK;
}

const SUFFIX = '.key.json';

export interface SigningKeysOptions {
  readonly now?: () => number;
  /** What the first key is, where there is none. */
  readonly make?: 'EdDSA' | 'ES256';
}

/**
 * Reads the private keys of a folder, files of mode 0600; makes the first one where there is none. The newest signs, older
 * ones still verify: to rotate, add a file, and remove the old one when its last token has ended.
 */
export async function openSigningKeys(folder: string, { now = Date.now, make = 'EdDSA' }: SigningKeysOptions = {}): Promise<SigningKeys> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if ((await keyFiles(folder)).length === 0) await makeKeyFile(folder, make, now());
  const files = await Promise.all((await keyFiles(folder)).map(readKeyFile));
  const opened = await Promise.all(files.toSorted((a, b) => b.createdAt.localeCompare(a.createdAt)).map(openKey));
  const current = opened[0];
  if (!current) throw new SallyportError('config_invalid', `${folder} holds no signing key`);
  const verify = opened.map(({ verifyKey }) => verifyKey);
  return {
    current: current.signing,
    publicKeys: opened.map(({ publicKey }) => publicKey),
    find(algorithm, kid) {
      const keys = kid === undefined ? [] : matchingKeys(verify, algorithm, kid);
      return keys.length > 0 ? { kind: 'found', keys } : { kind: 'unknown' };
    },
  };
}

async function keyFiles(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder);
  return names.filter((name) => name.endsWith(SUFFIX)).map((name) => join(folder, name));
}

/** Written aside and linked into place: of two processes that start at once, one makes the key and both read it. */
async function makeKeyFile(folder: string, kind: NonNullable<SigningKeysOptions['make']>, now: number): Promise<void> {
  const { privateKey } = kind === 'EdDSA' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const file: KeyFile = { createdAt: new Date(now).toISOString(), key: privateKey.export({ format: 'jwk' }) };
  const aside = join(folder, `.${randomBytes(8).toString('hex')}.tmp`);
  const handle = await open(aside, 'wx', 0o600);
  try {
    await handle.writeFile(`${JSON.stringify(file)}\n`);
    await handle.sync();
    await link(aside, join(folder, `first${SUFFIX}`)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  } finally {
    await handle.close();
    await rm(aside, { force: true });
  }
}

async function readKeyFile(path: string): Promise<KeyFile> {
  const { mode } = await stat(path);
  if ((mode & 0o077) !== 0) throw new SallyportError('config_invalid', `${path} can be read by others than its owner`, { hint: `chmod 600 ${path}` });
  try {
    // Our own format; what it is read for is looked at here, and the key itself when it is opened.
    const file = JSON.parse(await readFile(path, 'utf8')) as Partial<KeyFile>;
    if (typeof file.createdAt === 'string' && typeof file.key === 'object') return { createdAt: file.createdAt, key: file.key };
  } catch (cause) {
    throw new SallyportError('config_invalid', `${path} is not readable as a signing key`, { cause });
  }
  throw new SallyportError('config_invalid', `${path} is no signing key`);
}

interface OpenedKey {
  readonly signing: SigningKey;
  readonly verifyKey: VerifyKey;
  readonly publicKey: JWK;
}

async function openKey({ key }: KeyFile): Promise<OpenedKey> {
  const algorithm: Algorithm = key.kty === 'OKP' ? 'EdDSA' : 'ES256';
  const kid = await calculateJwkThumbprint(key);
  const { d: _private, ...rest } = key;
  const publicKey: JWK = { ...rest, kid, alg: algorithm, use: 'sig' };
  const [verifyKey] = (await readKeySet({ keys: [publicKey] })) ?? [];
  if (!verifyKey) throw new SallyportError('config_invalid', 'a signing key is neither Ed25519 nor P-256');
  // An asymmetric JWK gives a CryptoKey; bytes come only of `oct`.
  return { signing: { kid, algorithm, privateKey: (await importJWK(key, algorithm)) as CryptoKey }, verifyKey, publicKey };
}
