import { SallyportError } from '../../core/error.ts';
import { parseJson, type JsonValue } from '../../core/json.ts';
import type { Ask } from '../../network/ask.ts';
import type { VaultSettings } from './vault-settings.ts';

export interface VaultQuestion {
  readonly method: 'GET' | 'POST';
  /** Below `/v1/`. */
  readonly path: string;
  readonly body?: object;
  readonly token?: string;
}

export interface VaultAnswer {
  readonly status: number;
  readonly json: JsonValue | undefined;
}

/** One request of Vault's HTTP API. Throws `credential_missing` where the Vault cannot be asked. */
export type VaultCall = (question: VaultQuestion) => Promise<VaultAnswer>;

export function createVaultCall({ name, address, namespace }: Pick<VaultSettings, 'name' | 'address' | 'namespace'>, ask: Ask): VaultCall {
  return async ({ method, path, body, token }) => {
    const headers = {
      // What makes a browser or a forwarder send requests for somebody else cannot set it; agents of Vault ask for it.
      'x-vault-request': 'true',
      ...(namespace === undefined ? {} : { 'x-vault-namespace': namespace }),
      ...(token === undefined ? {} : { 'x-vault-token': token }),
      ...(body ? { 'content-type': 'application/json' } : {}),
    };
    try {
      const reply = await ask({ url: `${address}/v1/${path}`, method, headers, reach: 'configured', ...(body ? { body: JSON.stringify(body) } : {}) });
      return { status: reply.status, json: reply.body === '' ? undefined : readJson(reply.body) };
    } catch (cause) {
      throw new SallyportError('credential_missing', `the Vault ${name} cannot be asked`, { cause, hint: 'check its address, and whether it is sealed' });
    }
  };
}

/** A page of a proxy in between has no JSON, and its status says enough. */
function readJson(text: string): JsonValue | undefined {
  try {
    return parseJson(text, { depth: 32 });
  } catch {
    return undefined;
  }
}
