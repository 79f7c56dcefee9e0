import type { ApiClient } from './client.ts';
import { ApiError } from './error.ts';

export interface Passkey {
  readonly id: string;
  readonly label: string;
  readonly createdAt: number;
  readonly usedAt?: number;
}

export interface PasskeyList {
  /** Whether browsers take the gateway's address for passkeys. */
  readonly available: boolean;
  readonly passkeys: readonly Passkey[];
}

/** What the browser is asked; goes back sealed with the answer. */
export interface Ceremony {
  readonly ceremony: string;
  readonly options: unknown;
}

export function readPasskeys(client: ApiClient, signal?: AbortSignal): Promise<PasskeyList> {
  return client.call<PasskeyList>('passkeys', signal ? { signal } : {});
}

export async function addPasskey(client: ApiClient, label: string): Promise<void> {
  const { ceremony, options } = await client.call<Ceremony>('passkeys/begin', { method: 'POST', body: {} });
  // The gateway's own options, in the form that the browser reads.
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options as PublicKeyCredentialCreationOptionsJSON);
  const response = await asked(() => navigator.credentials.create({ publicKey }));
  await client.call('passkeys', { method: 'POST', body: { ceremony, label, response } });
}

export async function removePasskey(client: ApiClient, id: string): Promise<void> {
  await client.call('passkeys/remove', { method: 'POST', body: { id } });
}

/** The browser's answer to the second step of a sign-in. */
export function showPasskey({ options }: Ceremony): Promise<unknown> {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options as PublicKeyCredentialRequestOptionsJSON);
  return asked(() => navigator.credentials.get({ publicKey }));
}

/** Browsers say the same whether somebody cancelled, waited too long or has no such passkey. */
async function asked(act: () => Promise<Credential | null>): Promise<unknown> {
  try {
    const credential = await act();
    if (credential instanceof PublicKeyCredential) return credential.toJSON();
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
  }
  throw new ApiError(0, 'cancelled', 'the passkey was not shown', 'try again, and let the browser use it');
}
