/**
 * Stands in for a Vault server, which none of the registries has: the transit engine's HTTP API for one AES-256-GCM key as its documentation has it,
 * with versions, `min_decryption_version`, associated data, tokens, namespaces, and the state "sealed".
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { listen } from './listen.ts';

export interface TestVault {
  readonly url: string;
  readonly token: string;
  /** Requests that came, with their answers' statuses. */
  readonly requests: readonly { readonly path: string; readonly status: number; readonly namespace: string | undefined }[];
  /** As `vault write -f transit/keys/NAME/rotate`. */
  rotate(): void;
  /** As `vault write transit/keys/NAME/config min_decryption_version=N`. */
  minDecryptionVersion: number;
  isSealed: boolean;
  close(): Promise<void>;
}

type Answer = readonly [status: number, body: unknown];

const refusal = (status: number, error: string): Answer => [status, { errors: [error] }];

export async function startVault(key = 'sallyport', mount = 'transit'): Promise<TestVault> {
  const token = `hvs.${randomBytes(12).toString('base64url')}`;
  const versions = [randomBytes(32)];
  const requests: { path: string; status: number; namespace: string | undefined }[] = [];
  const state = { minDecryptionVersion: 1, isSealed: false };

  const encrypt = ({ plaintext, associated_data: context = '' }: Readonly<Record<string, string>>): Answer => {
    if (plaintext === undefined) return refusal(400, 'missing plaintext to encrypt');
    const nonce = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', versions.at(-1) ?? '', nonce);
    cipher.setAAD(Buffer.from(context, 'base64'));
    const sealed = Buffer.concat([nonce, cipher.update(plaintext, 'base64'), cipher.final(), cipher.getAuthTag()]);
    return [200, { data: { ciphertext: `vault:v${versions.length}:${sealed.toString('base64')}`, key_version: versions.length } }];
  };

  const decrypt = ({ ciphertext = '', associated_data: context = '' }: Readonly<Record<string, string>>): Answer => {
    const [, version = '', encoded = ''] = /^vault:v(\d+):(.+)$/.exec(ciphertext) ?? [];
    const bytes = versions[Number(version) - 1];
    if (!bytes) return refusal(400, 'invalid ciphertext: no prefix');
    if (Number(version) < state.minDecryptionVersion) return refusal(400, 'ciphertext or signature version is disallowed by policy (too old)');
    const sealed = Buffer.from(encoded, 'base64');
    try {
      const decipher = createDecipheriv('aes-256-gcm', bytes, sealed.subarray(0, 12));
      decipher.setAAD(Buffer.from(context, 'base64'));
      decipher.setAuthTag(sealed.subarray(-16));
      const plain = Buffer.concat([decipher.update(sealed.subarray(12, -16)), decipher.final()]);
      return [200, { data: { plaintext: plain.toString('base64') } }];
    } catch {
      return refusal(400, 'cipher: message authentication failed');
    }
  };

  const answer = async (request: IncomingMessage): Promise<Answer> => {
    if (state.isSealed) return refusal(503, 'Vault is sealed');
    if (request.headers['x-vault-token'] !== token) return refusal(403, 'permission denied');
    const [, operation, name] = new RegExp(`^/v1/${mount}/(encrypt|decrypt)/([^/]+)$`).exec(request.url ?? '') ?? [];
    if (operation === undefined || request.method !== 'POST') return refusal(404, 'no handler for route');
    if (name !== key) return refusal(operation === 'decrypt' ? 400 : 403, 'encryption key not found');
    // What our client sends is strings.
    const body = JSON.parse(await text(request)) as Readonly<Record<string, string>>;
    return operation === 'encrypt' ? encrypt(body) : decrypt(body);
  };

  const server = createServer((request, response) => {
    void answer(request).then(([status, body]) => {
      requests.push({ path: request.url ?? '', status, namespace: request.headers['x-vault-namespace']?.toString() });
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
  });
  const { port, close } = await listen(server);
  return Object.assign(state, { url: `http://127.0.0.1:${port}`, token, requests, rotate: () => void versions.push(randomBytes(32)), close });
}
