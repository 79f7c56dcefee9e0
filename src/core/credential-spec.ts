// Aliases, not interfaces: what a credential is belongs to what is approved, as JSON.

/** A field of a secret in Vault's key-value engine. */
export type VaultSource = {
  /** Which of the configured Vaults; absent: the only one. */
  readonly server?: string;
  /** Where the engine is mounted. */
  readonly mount: string;
  readonly path: string;
  readonly field: string;
  /** Of the engine: 2 has versions, 1 has none. */
  readonly engine: 1 | 2;
  /** One version of a secret, which is then never rotated. */
  readonly version?: number;
};

/** Where a secret comes from. */
export type SecretSource = { readonly env: string } | { readonly file: string } | { readonly sealed: string } | { readonly vault: VaultSource };

/** The gateway as a client of somebody's authorization server. */
export type OAuthClientSpec = {
  readonly id: string;
  readonly secret?: SecretSource;
  /** How the secret is sent. */
  readonly sendSecret: 'basic' | 'post';
  /** Instead of a secret: a private key (PKCS #8, PEM) that signs `private_key_jwt`. */
  readonly privateKey?: SecretSource;
};

/** What a token is asked for at a token endpoint. */
export type TokenRequestSpec = {
  readonly tokenEndpoint: string;
  /** Of the server: the audience of the client's own assertions. Absent: the token endpoint. */
  readonly issuer?: string;
  readonly client: OAuthClientSpec;
  readonly scopes?: readonly string[];
  /** RFC 8707. */
  readonly resource?: string;
  readonly audience?: string;
};

/** Each person's own account at the target, opened by an authorization server that the target names. */
export type PerPersonSpec = {
  /** The only authorization server that is trusted; absent: the one that the target's metadata names. */
  readonly issuer?: string;
  /** A client that was registered there by hand; absent: the gateway introduces itself. */
  readonly client?: OAuthClientSpec;
  readonly scopes?: readonly string[];
  /** More parameters of the authorization request. */
  readonly parameters?: Readonly<Record<string, string>>;
};

/** Who asks, signed by the gateway, in a header of its own. */
export type SignedIdentitySpec = {
  readonly header: string;
  /** The `aud` of the assertion; absent: the target's address. */
  readonly audience?: string;
  readonly lifetimeMs: number;
};

/** How the target is opened: injected by the upstream side, never shown to the caller. */
export type CredentialSpec =
  | { readonly bearer: SecretSource }
  | { readonly header: { readonly name: string; readonly value: SecretSource } }
  | { readonly basic: { readonly user: string; readonly password: SecretSource } }
  | { readonly env: Readonly<Record<string, SecretSource>> }
  | { readonly login: { readonly user: string; readonly password: SecretSource } }
  | { readonly certificate: { readonly user: string; readonly certificate: SecretSource; readonly key: SecretSource } }
  | { readonly clientCredentials: TokenRequestSpec }
  | { readonly tokenExchange: TokenRequestSpec }
  | { readonly perPerson: PerPersonSpec }
  | { readonly signedIdentity: SignedIdentitySpec };

/** Every secret that a credential is made of. */
export function secretsOf(spec: CredentialSpec): readonly SecretSource[] {
  if ('bearer' in spec) return [spec.bearer];
  if ('header' in spec) return [spec.header.value];
  if ('basic' in spec) return [spec.basic.password];
  if ('env' in spec) return Object.values(spec.env);
  if ('login' in spec) return [spec.login.password];
  if ('certificate' in spec) return [spec.certificate.certificate, spec.certificate.key];
  if ('clientCredentials' in spec) return secretsOfClient(spec.clientCredentials.client);
  if ('tokenExchange' in spec) return secretsOfClient(spec.tokenExchange.client);
  if ('perPerson' in spec) return spec.perPerson.client ? secretsOfClient(spec.perPerson.client) : [];
  return [];
}

const secretsOfClient = ({ secret, privateKey }: OAuthClientSpec): readonly SecretSource[] => [secret, privateKey].filter((one) => one !== undefined);

/** Whether what opens the target depends on who asks. */
export function dependsOnSubject(spec: CredentialSpec): boolean {
  return 'perPerson' in spec || 'tokenExchange' in spec || 'signedIdentity' in spec;
}
