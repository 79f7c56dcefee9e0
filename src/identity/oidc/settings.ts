/** One OpenID provider, as the operator configured it. */
export interface OidcSettings {
  /** Exactly the `issuer` of its discovery document, and the `iss` of its tokens. */
  readonly issuer: string;
  readonly clientId: string;
  readonly scopes: readonly string[];
  readonly claims: ProfileClaims;
  readonly groups: GroupSettings;
  /** Claims that must have one of these values. */
  readonly require: Readonly<Record<string, readonly string[]>>;
  /** Whether an e-mail address counts without `email_verified`. */
  readonly trustEmail: boolean;
  /** Where names have to be e-mail addresses: of these domains. */
  readonly domains: readonly string[];
}

/** Names of claims, or paths to them with dots. */
export interface ProfileClaims {
  readonly id: string;
  readonly name: string;
  readonly groups: string;
}

export interface GroupSettings {
  readonly from: 'token' | 'userinfo' | 'none';
  /** What becomes of a person about whom the provider does not say. */
  readonly missing: 'refuse' | 'none';
  /** Put before each: two providers may have a group of the same name. */
  readonly prefix: string;
  /** Base of Microsoft Graph, asked where there are too many for a token; absent: nobody is asked. */
  readonly graph?: string;
}
