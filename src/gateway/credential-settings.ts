import { readDuration } from '../policy/duration.ts';
import type { VaultAuth, VaultSettings } from '../credential/vault/vault-settings.ts';
import { SallyportError } from '../core/error.ts';
import type { ConfigDocument } from './config-schema.ts';
import type { CredentialSettings } from './credentials.ts';

type VaultDocument = ConfigDocument['credentials']['vaults'][number];

export function credentialSettings({ vaults, key, oldKeys }: ConfigDocument['credentials']): CredentialSettings {
  return { vaults: vaults.map(vaultSettings), oldKeys, ...(key ? { key } : {}) };
}

function vaultSettings({ name, address, namespace, auth, refresh }: VaultDocument): VaultSettings {
  return { name, address: address.replace(/\/$/, ''), namespace, auth: vaultAuth(auth), refreshMs: readDuration(refresh) ?? 0 };
}

function vaultAuth({ token, appRole, kubernetes, jwt }: VaultDocument['auth']): VaultAuth {
  if (token) return { kind: 'token', token };
  if (appRole) return { kind: 'app-role', ...appRole };
  const login = kubernetes ?? jwt;
  if (login) return { kind: 'jwt', ...login };
  throw new SallyportError('internal', 'the schema lets exactly one way of logging in through');
}
