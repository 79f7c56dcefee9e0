import type { SecretSource, VaultSource } from '../core/credential-spec.ts';
import { SallyportError } from '../core/error.ts';
import type { Secret } from '../core/secret.ts';
import { readSecretFile } from './file.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** `line` is what a header or a password can be; a `text` may have several lines, as keys in PEM do. */
type SecretForm = 'line' | 'text';

interface ReadSecret {
  readonly value: string;
  /** What an operator should know of the source; never the value. */
  readonly warning?: string | undefined;
}

/** Where secrets are kept in memory, for as long as they may be used. */
export interface KeptSecrets<Source> {
  /** Throws `credential_missing`. */
  read(source: Source): Promise<string>;
  /** It was not accepted: the next reading asks where it comes from. */
  forget(source: Source): void;
}

export interface SecretReader {
  /** Throws `credential_missing` where a source is absent, empty or unusable; the message names the source and never a value. */
  read(source: SecretSource, form?: SecretForm): Promise<ReadSecret>;
  /** Whether another reading may bring another value than the last. */
  forget(source: SecretSource): boolean;
}

/** One secret. Throws `credential_missing`. */
export type ReadSecretSource = (source: SecretSource) => Promise<Secret>;

export interface SecretReaderOptions {
  readonly env?: Environment;
  readonly sealed?: KeptSecrets<string>;
  readonly vault?: KeptSecrets<VaultSource>;
}

/** Files are read again when they change; what is sealed or in a Vault is kept and renewed by whoever keeps it. */
export function createSecretReader({ env = process.env, sealed, vault }: SecretReaderOptions = {}): SecretReader {
  return {
    async read(source, form = 'line') {
      if ('env' in source) return { value: usable(fromEnvironment(source.env, env), `the environment variable ${source.env}`, form) };
      if ('sealed' in source) return { value: usable(await from(sealed, source.sealed, 'sealed value'), `the sealed value ${source.sealed}`, form) };
      if ('vault' in source) return { value: usable(await from(vault, source.vault, 'Vault'), placeInVault(source.vault), form) };
      const { value, warning } = await readSecretFile(source.file);
      return { value: usable(value, `the file ${source.file}`, form), warning };
    },
    forget(source) {
      if ('sealed' in source) sealed?.forget(source.sealed);
      else if ('vault' in source) vault?.forget(source.vault);
      else return false;
      return true;
    },
  };
}

const placeInVault = ({ mount, path, field }: VaultSource): string => `the field ${field} of ${mount}/${path} in Vault`;

function from<Source>(kept: KeptSecrets<Source> | undefined, source: Source, what: string): Promise<string> {
  if (kept) return kept.read(source);
  throw new SallyportError('credential_missing', `there is no ${what} here`, { hint: 'use { env: NAME } or { file: PATH }' });
}

function fromEnvironment(name: string, env: Environment): string {
  const value = Object.hasOwn(env, name) ? env[name] : undefined;
  if (value !== undefined) return value;
  throw new SallyportError('credential_missing', `the environment variable ${name} is not set`, { hint: `set ${name} for the gateway, then start it again` });
}

/** A secret that could end a header or a C string early is refused; so is an empty one. */
function usable(value: string, where: string, form: SecretForm): string {
  if (value === '') throw new SallyportError('credential_missing', `${where} is empty`, { hint: 'put the secret there' });
  if (form === 'text' ? value.includes('\0') : /[\r\n\0]/.test(value))
    throw new SallyportError('credential_missing', `${where} holds a line break or NUL inside the secret`, { hint: 'a secret is one line' });
  return value;
}
