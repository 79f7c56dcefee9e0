import type { SecretSource } from '../../core/credential-spec.ts';
import { SallyportError } from '../../core/error.ts';
import { member } from '../../core/json.ts';
import type { VaultCall } from './vault-call.ts';
import type { VaultAuth } from './vault-settings.ts';

/** The token of one login, renewed by another login when two thirds of its time are over. */
export interface VaultToken {
  value(): Promise<string>;
  /** The Vault does not know it any more. */
  forget(): void;
}

interface Login {
  readonly token: string;
  /** Epoch milliseconds. */
  readonly renewAt: number;
}

export function createVaultToken(auth: VaultAuth, call: VaultCall, readLine: (source: SecretSource) => Promise<string>, now: () => number): VaultToken {
  // A static token is read for each use: it may be a file that is renewed by somebody else.
  if (auth.kind === 'token') return { value: () => readLine(auth.token), forget: () => {} };
  let current: Login | undefined;
  let pending: Promise<Login> | undefined;

  async function login(): Promise<Login> {
    const body = auth.kind === 'app-role' ? { role_id: auth.roleId, secret_id: await readLine(auth.secretId) } : await jwtBody();
    const { status, json } = await call({ method: 'POST', path: `auth/${auth.kind === 'token' ? '' : auth.mount}/login`, body });
    const given = member(json, 'auth');
    const token = member(given, 'client_token');
    if (status !== 200 || typeof token !== 'string' || token === '')
      throw new SallyportError('credential_missing', `Vault refused the login of the gateway (HTTP ${status})`, {
        hint: 'check role, mount and secret of its auth',
      });
    const lease = member(given, 'lease_duration');
    // Zero is a token without an end.
    const seconds = typeof lease === 'number' && lease > 0 ? lease : 3600;
    return { token, renewAt: now() + (seconds * 1000 * 2) / 3 };
  }

  async function jwtBody(): Promise<object> {
    if (auth.kind !== 'jwt') throw new SallyportError('internal', 'not a login by JWT');
    return { role: auth.role, jwt: await readLine(auth.jwt) };
  }

  return {
    async value() {
      if (current && now() < current.renewAt) return current.token;
      pending ??= login().finally(() => (pending = undefined));
      current = await pending;
      return current.token;
    },
    forget() {
      current = undefined;
    },
  };
}
