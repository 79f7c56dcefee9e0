import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { SallyportError } from '../core/error.ts';
import { openKeyring } from './keyring.ts';

/** The sign-in that commands use: one gateway at a time. */
export interface StoredSignIn {
  readonly url: string;
  readonly token: string;
}

/** Where a token is kept. */
export type KeptIn = { readonly kind: 'keyring' } | { readonly kind: 'file'; readonly file: string };

const schema = z.object({ url: z.url(), token: z.string().min(1).optional() });

type Env = Readonly<Record<string, string | undefined>>;

function folderOf(env: Env): string {
  return env['SALLYPORT_HOME'] ?? join(env['HOME'] ?? homedir(), '.config/sallyport');
}

function fileOf(env: Env): string {
  return join(folderOf(env), 'sign-in.json');
}

/** What the keyring calls it: each folder is another sign-in. */
const keyringName = (env: Env): string => `sign-in ${resolve(folderOf(env))}`;

export async function readSignIn(env: Env): Promise<StoredSignIn | undefined> {
  const file = fileOf(env);
  const info = await stat(file).catch(() => undefined);
  if (!info) return undefined;
  if ((info.mode & 0o077) !== 0)
    throw new SallyportError('forbidden', `${file} can be read by other users`, { hint: 'sallyport logout, then sallyport login' });
  const parsed = schema.safeParse(parseJsonText(await readFile(file, 'utf8')));
  if (!parsed.success) throw new SallyportError('json_invalid', `${file} is not what sallyport login writes`, { hint: 'sallyport login' });
  const { url, token = await openKeyring(env).get(keyringName(env)) } = parsed.data;
  return token === undefined ? undefined : { url, token };
}

/** The token is in the keyring where there is one, else in the file, which is its owner's alone from the first and whole at any moment. */
export async function writeSignIn(env: Env, { url, token }: StoredSignIn): Promise<KeptIn> {
  const inKeyring = await openKeyring(env).set(keyringName(env), token);
  await mkdir(folderOf(env), { recursive: true, mode: 0o700 });
  const draft = `${fileOf(env)}.${randomBytes(6).toString('hex')}`;
  await writeFile(draft, `${JSON.stringify(inKeyring ? { url } : { url, token }, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
  await rename(draft, fileOf(env));
  return inKeyring ? { kind: 'keyring' } : { kind: 'file', file: fileOf(env) };
}

export async function removeSignIn(env: Env): Promise<void> {
  await rm(fileOf(env), { force: true });
  await openKeyring(env).remove(keyringName(env));
}

function parseJsonText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
