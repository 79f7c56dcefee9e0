/**
 * Reading the secrets that open targets, from the environment or from files.
 * Called by whoever is about to make a connection: the upstream side of protocols, and notices. Must not know: policy,
 * subjects, callers.
 */
import { SallyportError } from '../core/error.ts';
import { Secret } from '../core/secret.ts';
import type { CredentialSpec, SecretSource } from '../core/target.ts';
import { readSecretFile } from './file.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Headers for an HTTP target, or the environment of a stdio server. */
export type ResolvedCredential =
  | { readonly kind: 'headers'; readonly headers: readonly (readonly [name: string, value: Secret])[]; readonly warnings: readonly string[] }
  | { readonly kind: 'env'; readonly env: Readonly<Record<string, Secret>>; readonly warnings: readonly string[] };

/**
 * Throws `credential_missing` where a source is absent, empty or unusable; the message names the source and never a value.
 * Call it for every connection: files are read again when they change.
 */
export async function readCredential(spec: CredentialSpec, env: Environment = process.env): Promise<ResolvedCredential> {
  const warnings: string[] = [];
  const read = (source: SecretSource): Promise<string> => readSecret(source, env, warnings);
  if ('bearer' in spec) return header('authorization', `Bearer ${await read(spec.bearer)}`, warnings);
  if ('header' in spec) return header(spec.header.name.toLowerCase(), await read(spec.header.value), warnings);
  if ('basic' in spec) return header('authorization', `Basic ${encodeBasic(spec.basic.user, await read(spec.basic.password))}`, warnings);
  const values: [string, Secret][] = [];
  for (const [name, source] of Object.entries(spec.env)) values.push([name, new Secret(await read(source))]);
  return { kind: 'env', env: Object.fromEntries(values), warnings };
}

function header(name: string, value: string, warnings: readonly string[]): ResolvedCredential {
  if (!/^[\t\x20-\x7e]+$/.test(value))
    throw new SallyportError('credential_missing', `the secret for the header ${name} has characters that a header cannot carry`, { hint: 'use ASCII' });
  return { kind: 'headers', headers: [[name, new Secret(value)]], warnings };
}

const encodeBasic = (user: string, password: string): string => Buffer.from(`${user}:${password}`, 'utf8').toString('base64');

/** One secret, for whoever else needs one from these sources. Throws like `readCredential`. */
export async function readSecretSource(source: SecretSource, env: Environment = process.env): Promise<Secret> {
  return new Secret(await readSecret(source, env, []));
}

async function readSecret(source: SecretSource, env: Environment, warnings: string[]): Promise<string> {
  if ('env' in source) return usable(fromEnvironment(source.env, env), `the environment variable ${source.env}`);
  const { value, warning } = await readSecretFile(source.file);
  if (warning !== undefined) warnings.push(warning);
  return usable(value, `the file ${source.file}`);
}

function fromEnvironment(name: string, env: Environment): string {
  const value = Object.hasOwn(env, name) ? env[name] : undefined;
  if (value !== undefined) return value;
  throw new SallyportError('credential_missing', `the environment variable ${name} is not set`, { hint: `set ${name} for the gateway, then start it again` });
}

/** A secret that could end a header or a C string early is refused; so is an empty one. */
function usable(value: string, where: string): string {
  if (value === '') throw new SallyportError('credential_missing', `${where} is empty`, { hint: 'put the secret there' });
  if (/[\r\n\0]/.test(value))
    throw new SallyportError('credential_missing', `${where} holds a line break or NUL inside the secret`, { hint: 'a secret is one line' });
  return value;
}
