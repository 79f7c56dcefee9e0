/** Keys with self-signed certificates, as SAML providers and services have them. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

export interface KeyPair {
  /** PEM, both. */
  readonly key: string;
  readonly certificate: string;
}

export async function makeKeyPair(name = 'saml-test'): Promise<KeyPair> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-saml-'));
  const at = (file: string): string => join(folder, file);
  const options = ['-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', `/CN=${name}`, '-keyout', at('key'), '-out', at('certificate')];
  await promisify(execFile)('openssl', ['req', ...options]);
  const pair = { key: await readFile(at('key'), 'utf8'), certificate: await readFile(at('certificate'), 'utf8') };
  await rm(folder, { recursive: true });
  return pair;
}
