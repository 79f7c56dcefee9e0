import { SallyportError } from '../core/error.ts';
import type { SecretSource } from '../core/credential-spec.ts';
import type { KeyWrapping } from './key-wrapping.ts';
import type { SinkDeps } from './sinks/deps.ts';
import { Http, type HttpReply, type HttpSettings } from './sinks/http.ts';

/** A key of Vault's transit engine, or of a server that speaks its API (OpenBao). Source: developer.hashicorp.com/vault/api-docs/secret/transit. */
export interface VaultSettings extends HttpSettings {
  /** Such as https://vault.example.com:8200. */
  readonly url: string;
  /** Where the engine is mounted. */
  readonly mount: string;
  /** Name of the key; it never leaves the server. */
  readonly key: string;
  readonly namespace?: string;
  readonly token: SecretSource;
}

/** Bound into what is wrapped, so that it opens as nothing else that the key may wrap. */
const ASSOCIATED_DATA = Buffer.from('sallyport recording key').toString('base64');
const CIPHERTEXT = /^vault:v\d{1,9}:[A-Za-z0-9+/]{1,100000}={0,2}$/;

export function vaultWrapping(settings: VaultSettings, deps: SinkDeps): KeyWrapping {
  const { url, mount, key } = settings;
  const http = new Http(settings, deps);
  const name = `the key ${key} in ${mount} of ${new URL(url).origin}`;
  const ask = async (operation: 'encrypt' | 'decrypt', body: Readonly<Record<string, string>>): Promise<unknown> => {
    const token = (await deps.readSecret(settings.token)).reveal();
    const request = {
      method: 'POST',
      url: new URL(`${url.replace(/\/$/, '')}/v1/${mount}/${operation}/${encodeURIComponent(key)}`),
      headers: {
        'content-type': 'application/json',
        'x-vault-request': 'true',
        'x-vault-token': token,
        ...(settings.namespace === undefined ? {} : { 'x-vault-namespace': settings.namespace }),
      },
      body: JSON.stringify({ ...body, associated_data: ASSOCIATED_DATA }),
    } as const;
    const reply = await http.send(request, new AbortController().signal).catch((cause: unknown) => {
      throw failed(name, 'it cannot be reached', cause, 'nothing is recorded without its key: start again when the key server answers');
    });
    if (reply.status !== 200) throw refused(name, reply);
    return dataOf(reply);
  };
  return {
    name,
    async wrap(plain) {
      const ciphertext = stringOf(await ask('encrypt', { plaintext: plain.toString('base64') }), 'ciphertext');
      if (ciphertext === undefined || !CIPHERTEXT.test(ciphertext)) throw failed(name, 'its answer holds no ciphertext');
      return ciphertext;
    },
    async unwrap(wrapped) {
      if (!CIPHERTEXT.test(wrapped)) throw failed(name, 'what is kept was not wrapped by such a key');
      const plaintext = stringOf(await ask('decrypt', { ciphertext: wrapped }), 'plaintext');
      if (plaintext === undefined || plaintext === '') throw failed(name, 'its answer holds no plaintext');
      return Buffer.from(plaintext, 'base64');
    },
    close: () => http.close(),
  };
}

function dataOf({ bytes }: HttpReply): unknown {
  try {
    const answer: unknown = JSON.parse(bytes.toString());
    return typeof answer === 'object' && answer !== null && 'data' in answer ? answer.data : undefined;
  } catch {
    return undefined;
  }
}

function stringOf(data: unknown, member: string): string | undefined {
  if (typeof data !== 'object' || data === null) return undefined;
  // Members are unknown until looked at.
  const value = (data as Readonly<Record<string, unknown>>)[member];
  return typeof value === 'string' ? value : undefined;
}

/** By status alone: what else such an answer says is not ours to repeat. */
function refused(name: string, { status }: HttpReply): SallyportError {
  if (status === 503) return failed(name, 'the key server is sealed', undefined, 'unseal it, and start again');
  if (status === 403 || status === 401)
    return failed(
      name,
      `the key server refuses (HTTP ${status})`,
      undefined,
      'check the token, and that its policy may update encrypt and decrypt of this key',
    );
  if (status === 404) return failed(name, 'there is no such engine or key', undefined, 'check mount, key and namespace under audit.recordingKey');
  if (status === 400)
    return failed(
      name,
      'the key server refuses what is kept (HTTP 400)',
      undefined,
      'it was changed, is of another key, or its version is below min_decryption_version',
    );
  return failed(name, `the key server answers with HTTP ${status}`, undefined, 'see its log, and start again');
}

function failed(name: string, why: string, cause?: unknown, hint?: string): SallyportError {
  return new SallyportError('credential_missing', `the recording key cannot be had from ${name}: ${why}`, { cause, ...(hint === undefined ? {} : { hint }) });
}
