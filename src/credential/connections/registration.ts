import { SallyportError } from '../../core/error.ts';
import { member, parseJson, type JsonObject } from '../../core/json.ts';
import type { PerPersonSpec } from '../../core/credential-spec.ts';
import type { Ask } from '../../network/ask.ts';
import type { Storage } from '../../storage/storage.ts';
import { configuredClient, publicProof, secretProof, type TokenClient } from '../oauth/client-auth.ts';
import { seal, unseal, type SealingKeys } from '../sealing/seal.ts';
import type { SecretReader } from '../secret-reader.ts';
import type { AuthorizationServer } from './discovery.ts';

export interface RegistrationDeps {
  readonly storage: Storage;
  readonly keys: SealingKeys;
  readonly secrets: SecretReader;
  readonly ask: Ask;
  readonly now: () => number;
}

/** How the gateway presents itself for one target. */
export interface Presence {
  readonly redirectUri: string;
  /** Where its own metadata is published. */
  readonly documentUrl: string;
}

/** The metadata of the gateway as an OAuth client: what its document says, and what it registers. */
export function clientMetadata({ redirectUri }: Pick<Presence, 'redirectUri'>): JsonObject {
  return {
    client_name: 'Sallyport',
    redirect_uris: [redirectUri],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
    application_type: 'web',
  };
}

/** As it was configured; else by the document that describes it; else as it was registered, once. Throws `credential_missing` where there is no way. */
export async function clientAt(server: AuthorizationServer, presence: Presence, spec: PerPersonSpec, deps: RegistrationDeps): Promise<TokenClient> {
  if (spec.client) return configuredClient(spec.client, deps.secrets, deps.now);
  if (server.readsClientDocuments && presence.documentUrl.startsWith('https:')) return publicClient(presence.documentUrl);
  return registeredClient(server, presence, deps);
}

const publicClient = (id: string): TokenClient => ({ id, prove: () => Promise.resolve(publicProof(id)), forget: () => false });

interface Registration {
  readonly id: string;
  readonly secret?: string;
  readonly send: 'basic' | 'post';
}

async function registeredClient(server: AuthorizationServer, presence: Presence, deps: RegistrationDeps): Promise<TokenClient> {
  const known = await find(server.issuer, presence.redirectUri, deps);
  const { id, secret, send } = known ?? (await register(server, presence, deps));
  if (secret === undefined) return { ...publicClient(id), forget: () => forget(server.issuer, presence.redirectUri, deps) };
  const prove: TokenClient['prove'] = () => Promise.resolve(secretProof({ id, secret, send }));
  return { id, prove, forget: () => forget(server.issuer, presence.redirectUri, deps) };
}

/** The server does not know the client any more: the next person on the way to it has it registered anew. Asking again now does not help. */
function forget(issuer: string, redirectUri: string, { storage }: RegistrationDeps): false {
  const gone = storage.db.deleteFrom('oauth_registrations').where('issuer', '=', issuer).where('redirect_uri', '=', redirectUri).execute();
  gone.catch(() => {});
  return false;
}

const boundTo = (issuer: string, redirectUri: string): readonly string[] => ['the registration at', issuer, redirectUri];

async function find(issuer: string, redirectUri: string, { storage, keys }: RegistrationDeps): Promise<Registration | undefined> {
  const row = await storage.db
    .selectFrom('oauth_registrations')
    .select(['sealed', 'key_id'])
    .where('issuer', '=', issuer)
    .where('redirect_uri', '=', redirectUri)
    .executeTakeFirst();
  // Only `register` writes rows.
  return row && (JSON.parse(await unseal(keys, row, boundTo(issuer, redirectUri))) as Registration);
}

/** RFC 7591. Of two processes that do it at once the first is kept. */
async function register(server: AuthorizationServer, { redirectUri }: Presence, deps: RegistrationDeps): Promise<Registration> {
  const { issuer, registrationEndpoint: url } = server;
  const { storage, keys, now } = deps;
  if (url === undefined)
    throw new SallyportError('credential_missing', `${new URL(issuer).host} takes no client that it does not know`, {
      hint: `register ${redirectUri} there and name it in the target: perPerson: { client: { id: ... } }`,
    });
  const registration = await askForRegistration(server, url, redirectUri, deps);
  const row = await seal(keys, JSON.stringify(registration), boundTo(issuer, redirectUri));
  await storage.db
    .insertInto('oauth_registrations')
    .values({ issuer, redirect_uri: redirectUri, ...row, registered_at: now() })
    .onConflict((conflict) => conflict.columns(['issuer', 'redirect_uri']).doNothing())
    .execute();
  return (await find(issuer, redirectUri, deps)) ?? registration;
}

async function askForRegistration(server: AuthorizationServer, url: string, redirectUri: string, { ask }: RegistrationDeps): Promise<Registration> {
  const { tokenAuthMethods: methods } = server;
  // Absent means `client_secret_basic`; a public client is asked for wherever it may be.
  const method =
    methods.length === 0 || methods.includes('none')
      ? 'none'
      : methods.includes('client_secret_post') && !methods.includes('client_secret_basic')
        ? 'client_secret_post'
        : 'client_secret_basic';
  const body = JSON.stringify({ ...clientMetadata({ redirectUri }), token_endpoint_auth_method: method });
  const headers = { 'content-type': 'application/json', accept: 'application/json', 'user-agent': 'sallyport' };
  const answer = await ask({ url, method: 'POST', headers, body, reach: server.reach(url) }).catch((cause: unknown) => {
    throw new SallyportError('credential_missing', `${new URL(url).host} cannot be asked`, { cause, hint: 'try again later' });
  });
  const json = answer.status === 200 || answer.status === 201 ? parseJson(answer.body, { depth: 16 }) : undefined;
  const id = member(json, 'client_id');
  const secret = member(json, 'client_secret');
  if (typeof id !== 'string' || id === '')
    throw new SallyportError('credential_missing', `${new URL(url).host} did not register the gateway (HTTP ${answer.status})`, {
      hint: 'register it there by hand',
    });
  const given = member(json, 'token_endpoint_auth_method') ?? method;
  return { id, send: given === 'client_secret_post' ? 'post' : 'basic', ...(typeof secret === 'string' && given !== 'none' ? { secret } : {}) };
}

/** Seals every registration with the current key. Returns how many. */
export async function resealRegistrations({ storage, keys }: Pick<RegistrationDeps, 'storage' | 'keys'>): Promise<number> {
  const { id } = await keys.current();
  const rows = await storage.db.selectFrom('oauth_registrations').selectAll().where('key_id', '!=', id).execute();
  for (const { issuer, redirect_uri: uri, ...row } of rows) {
    const again = await seal(keys, await unseal(keys, row, boundTo(issuer, uri)), boundTo(issuer, uri));
    await storage.db
      .updateTable('oauth_registrations')
      .set(again)
      .where('issuer', '=', issuer)
      .where('redirect_uri', '=', uri)
      .where('key_id', '=', row.key_id)
      .execute();
  }
  return rows.length;
}
