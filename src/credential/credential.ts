/**
 * What opens targets: secrets of environment, files, Vault and the database, and tokens that are asked for with them.
 * Called by whoever is about to make a connection: the upstream side of protocols. Notices, sinks and metrics read their
 * secrets here as well. Must not know: policy, and what callers sent; of a subject only who it is.
 */
import { dependsOnSubject, secretsOf, type CredentialSpec, type SecretSource } from '../core/credential-spec.ts';
import { SallyportError } from '../core/error.ts';
import { Secret } from '../core/secret.ts';
import type { Subject } from '../core/subject.ts';
import { createSecretReader, type ReadSecretSource, type SecretReader } from './secret-reader.ts';

/** For whom and where a credential is used. */
export interface CredentialUse {
  readonly target: string;
  readonly address?: string | undefined;
  /** Absent where the gateway asks by itself: what depends on who asks is then missing. */
  readonly subject?: Subject | undefined;
}

interface Resolved {
  readonly warnings: readonly string[];
  /** To be called where the target did not accept it; the next reading may then bring another. Absent: it would be the same. */
  readonly refused?: () => void;
  /** What the caller is told where the target accepts no other either. */
  readonly refusal?: SallyportError;
}

/** Headers for an HTTP target, the environment of a stdio server, or what a database asks for. */
export type ResolvedCredential = Resolved &
  (
    | { readonly kind: 'headers'; readonly headers: readonly (readonly [name: string, value: Secret])[] }
    | { readonly kind: 'env'; readonly env: Readonly<Record<string, Secret>> }
    | { readonly kind: 'login'; readonly user: string; readonly password: Secret }
    | { readonly kind: 'certificate'; readonly user: string; readonly certificate: string; readonly key: Secret }
  );

/** Kinds of credentials that are more than a secret of some source, by their key. */
export type CredentialKinds = { readonly [Kind in DynamicKind]?: CredentialKind<Extract<CredentialSpec, Record<Kind, unknown>>[Kind]> };
type DynamicKind = 'clientCredentials' | 'tokenExchange' | 'perPerson' | 'signedIdentity';

/** Reads one kind; whatever can be kept is kept by it. */
export type CredentialKind<Spec> = (spec: Spec, use: CredentialUse) => Promise<ResolvedCredential>;

export interface Credentials {
  /**
   * Throws `credential_missing` where something is absent or unusable, `not_connected` where the person has no account there
   * yet; never with a value. Call it for every connection or request: it is a look-up where nothing changed.
   */
  read(spec: CredentialSpec, use: CredentialUse): Promise<ResolvedCredential>;
  /** One secret, for whoever else needs one. */
  readonly secret: ReadSecretSource;
}

export interface CredentialsOptions {
  readonly secrets?: SecretReader;
  readonly kinds?: CredentialKinds;
}

export function createCredentials({ secrets = createSecretReader(), kinds = {} }: CredentialsOptions = {}): Credentials {
  return {
    async read(spec, use) {
      if (dependsOnSubject(spec)) subjectOf(use);
      if ('clientCredentials' in spec) return dynamic(kinds, 'clientCredentials')(spec.clientCredentials, use);
      if ('tokenExchange' in spec) return dynamic(kinds, 'tokenExchange')(spec.tokenExchange, use);
      if ('perPerson' in spec) return dynamic(kinds, 'perPerson')(spec.perPerson, use);
      if ('signedIdentity' in spec) return dynamic(kinds, 'signedIdentity')(spec.signedIdentity, use);
      return readSecrets(spec, secrets);
    },
    secret: async (source) => new Secret((await secrets.read(source)).value),
  };
}

/** For whom it is. Throws `credential_missing` where the gateway asks by itself. */
export function subjectOf({ subject, target }: CredentialUse): Subject {
  if (subject) return subject;
  throw new SallyportError('credential_missing', `the target "${target}" is opened for whoever asks, and nobody does`);
}

/** One secret of the environment or of a file, for what is read before there is anything else, and in tests. Throws `credential_missing`. */
export const readSecretSource: ReadSecretSource = (source) => createCredentials().secret(source);

function dynamic<Kind extends DynamicKind>(kinds: CredentialKinds, kind: Kind): NonNullable<CredentialKinds[Kind]> {
  const known = kinds[kind];
  if (known) return known;
  throw new SallyportError('credential_missing', `credentials of the kind ${kind} are not available here`);
}

type SecretSpec = Exclude<CredentialSpec, { readonly [Kind in DynamicKind]: Record<Kind, unknown> }[DynamicKind]>;

async function readSecrets(spec: SecretSpec, secrets: SecretReader): Promise<ResolvedCredential> {
  const warnings: string[] = [];
  const read = async (source: SecretSource, form: 'line' | 'text' = 'line'): Promise<string> => {
    const { value, warning } = await secrets.read(source, form);
    if (warning !== undefined) warnings.push(warning);
    return value;
  };
  const resolved = await resolve(spec, read);
  const kept = secretsOf(spec).filter((source) => 'sealed' in source || 'vault' in source);
  if (kept.length === 0) return { ...resolved, warnings };
  return { ...resolved, warnings, refused: () => kept.forEach((source) => secrets.forget(source)) };
}

/** Everything but what is told of it. */
type Opening = ResolvedCredential extends infer Kind ? (Kind extends Resolved ? Omit<Kind, keyof Resolved> : never) : never;

async function resolve(spec: SecretSpec, read: (source: SecretSource, form?: 'line' | 'text') => Promise<string>): Promise<Opening> {
  if ('bearer' in spec) return header('authorization', `Bearer ${await read(spec.bearer)}`);
  if ('header' in spec) return header(spec.header.name.toLowerCase(), await read(spec.header.value));
  if ('basic' in spec) return header('authorization', `Basic ${encodeBasic(spec.basic.user, await read(spec.basic.password))}`);
  if ('login' in spec) return { kind: 'login', user: spec.login.user, password: new Secret(await read(spec.login.password)) };
  if ('certificate' in spec) {
    const { user, certificate, key } = spec.certificate;
    return { kind: 'certificate', user, certificate: await read(certificate, 'text'), key: new Secret(await read(key, 'text')) };
  }
  const values: [string, Secret][] = [];
  for (const [name, source] of Object.entries(spec.env)) values.push([name, new Secret(await read(source))]);
  return { kind: 'env', env: Object.fromEntries(values) };
}

/** A credential that is one header of a request. Throws `credential_missing` where a header cannot carry it. */
function header(name: string, value: string): Extract<Opening, { kind: 'headers' }> {
  if (!/^[\t\x20-\x7e]+$/.test(value))
    throw new SallyportError('credential_missing', `the secret for the header ${name} has characters that a header cannot carry`, { hint: 'use ASCII' });
  return { kind: 'headers', headers: [[name, new Secret(value)]] };
}

const encodeBasic = (user: string, password: string): string => Buffer.from(`${user}:${password}`, 'utf8').toString('base64');
