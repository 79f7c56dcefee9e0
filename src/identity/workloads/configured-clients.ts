import { secretHash } from '../oauth/records.ts';
import { readFile } from 'node:fs/promises';
import { SallyportError } from '../../core/error.ts';
import { isJsonObject, member, parseJson, type JsonValue } from '../../core/json.ts';
import type { Secret } from '../../core/secret.ts';
import type { Subject } from '../../core/subject.ts';
import type { FetchJson } from '../fetch-json.ts';
import type { KeySource } from './key-source.ts';
import { CLIENT_CREDENTIALS, JWT_BEARER, TOKEN_EXCHANGE } from './machine-grants.ts';

/** A program that is known by the configuration, and proves who it is by a key or a secret of its own. */
export interface ConfiguredClient {
  readonly id: string;
  readonly kind: 'workload' | 'ai-agent';
  readonly groups: readonly string[];
  readonly keys?: KeySource;
  /** Read anew at every use, so that it can be changed. */
  readonly secret?: () => Promise<Secret>;
}

export interface ConfiguredClients {
  /** The client's description (RFC 7591), as the OAuth server checks it; undefined where it is not configured. */
  describe(clientId: string): Promise<Readonly<Record<string, unknown>> | undefined>;
  subject(clientId: string): Subject | undefined;
}

const KEEP_MS = 5 * 60_000;
const SHORTEST_SECRET = 24;

interface Kept {
  readonly jwks: JsonValue;
  readonly at: number;
}

/** `issuer` is the gateway's URL: it vouches for these itself. */
export function openConfiguredClients(clients: readonly ConfiguredClient[], issuer: string, fetchJson: FetchJson, now: () => number): ConfiguredClients {
  const known = new Map(clients.map((client) => [client.id, client]));
  const kept = new Map<string, Kept>();

  async function keysOf(id: string, source: KeySource): Promise<JsonValue> {
    const last = kept.get(id);
    if (last && now() - last.at < KEEP_MS) return last.jwks;
    const jwks = 'url' in source ? await fetchJson(new URL(source.url), 'configured') : parseJson(await readFile(source.file, 'utf8'), { depth: 32 });
    if (!isJsonObject(jwks) || !Array.isArray(member(jwks, 'keys')))
      throw new SallyportError('upstream_invalid', `the keys of the client ${id} are no key set`);
    if ('url' in source) kept.set(id, { jwks, at: now() });
    return jwks;
  }

  return {
    async describe(clientId) {
      const client = known.get(clientId);
      if (!client) return undefined;
      const { id, keys, secret } = client;
      const base = { client_id: id, client_name: id, redirect_uris: [], response_types: [], grant_types: [CLIENT_CREDENTIALS, TOKEN_EXCHANGE, JWT_BEARER] };
      if (keys) return { ...base, token_endpoint_auth_method: 'private_key_jwt', jwks: plain(await keysOf(id, keys)) };
      const text = (await secret?.())?.reveal() ?? '';
      if (text.length < SHORTEST_SECRET)
        throw new SallyportError('credential_missing', `the secret of the client ${id} is shorter than ${SHORTEST_SECRET} characters`, {
          hint: 'openssl rand -hex 32',
        });
      return { ...base, token_endpoint_auth_method: 'client_secret_basic', client_secret: secretHash(text) };
    },
    subject(clientId) {
      const client = known.get(clientId);
      return client && { kind: client.kind, id: client.id, name: client.id, groups: client.groups, issuer };
    },
  };
}

/** Values without our own number type: what the OAuth server's library reads. */
const plain = (value: JsonValue): unknown => JSON.parse(JSON.stringify(value));
