import type { SecretSource } from '../../core/credential-spec.ts';

/** How the gateway proves to a Vault who it is. */
export type VaultAuth =
  | { readonly kind: 'token'; readonly token: SecretSource }
  | { readonly kind: 'app-role'; readonly mount: string; readonly roleId: string; readonly secretId: SecretSource }
  /** Also Kubernetes: a role, and a JWT that is read again for each login. */
  | { readonly kind: 'jwt'; readonly mount: string; readonly role: string; readonly jwt: SecretSource };

/** One Vault (or OpenBao) as the configuration names it. */
export interface VaultSettings {
  readonly name: string;
  /** Without a trailing slash. */
  readonly address: string;
  readonly namespace?: string | undefined;
  readonly auth: VaultAuth;
  /** How long a secret is used before it is read again. */
  readonly refreshMs: number;
}
