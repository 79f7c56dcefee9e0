import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import { SallyportError } from '../../core/error.ts';
import { subjectKey, type Subject } from '../../core/subject.ts';
import { requestToken } from '../oauth/token-endpoint.ts';
import { seal, unseal } from '../sealing/seal.ts';
import { renewalOf } from './connection-rows.ts';
import type { Connections } from './connections.ts';
import type { Discovered } from './discovery.ts';
import type { PersonalTarget } from './personal-target.ts';
import { clientAt, type RegistrationDeps } from './registration.ts';

/** A person on the way to an authorization server. */
export interface Departure {
  /** Where the browser goes. */
  readonly url: string;
  readonly issuer: string;
  /** For a cookie of this browser: without it nobody comes back. */
  readonly browser: string;
}

/** What the authorization server sent the browser back with. */
export interface Arrival {
  readonly state: string;
  readonly code?: string | undefined;
  readonly error?: string | undefined;
  readonly iss?: string | undefined;
}

/**
 * The way of one person to an authorization server and back. It is the same browser that comes back, and in the end the same
 * person that is signed in there: whoever talks another into opening an address gains nothing.
 */
export interface ConnectFlow {
  depart(person: Subject, target: PersonalTarget): Promise<Departure>;
  /** Takes the code, once. Nothing is connected yet: who is signed in is not known where somebody else's page led the browser here. */
  arrive(target: string, arrival: Arrival, browser: string | undefined): Promise<void>;
  /** Gets the tokens, for the person who departed. Throws `forbidden` where it is another. */
  finish(person: Subject, target: PersonalTarget, browser: string | undefined): Promise<void>;
}

interface Luggage {
  readonly issuer: string;
  readonly namesItself: boolean;
  readonly verifier: string;
  readonly resource: string;
  readonly clientId: string;
  readonly code?: string;
}

export type ConnectFlowDeps = RegistrationDeps & {
  readonly connections: Connections;
  readonly random?: (size: number) => Buffer;
};

const FLOW_MS = 10 * 60_000;
/** Of one person, at once. */
const MAX_FLOWS = 10;

export function createConnectFlow(deps: ConnectFlowDeps): ConnectFlow {
  const { connections, storage, keys, ask, now, random = randomBytes } = deps;
  const { db } = storage;

  async function depart(person: Subject, target: PersonalTarget): Promise<Departure> {
    const personKey = subjectKey(person);
    await makeRoom(personKey);
    const found = await connections.discover(target);
    const client = await clientAt(found.server, connections.presence(target.name), target.spec, deps);
    const [state, verifier, browser] = [random(32), random(32), random(32)].map((bytes) => bytes.toString('base64url')) as [string, string, string];
    const { issuer, namesItself } = found.server;
    const luggage: Luggage = { issuer, namesItself, verifier, resource: found.resource, clientId: client.id };
    const row = { state_hash: sha256(state), browser_hash: sha256(browser), person_key: personKey, target: target.name, expires_at: now() + FLOW_MS };
    await db
      .insertInto('connect_flows')
      .values({ ...row, ...(await seal(keys, JSON.stringify(luggage), boundTo(row.state_hash))) })
      .execute();
    return { url: authorizationUrl(found, target, luggage, { state, redirectUri: connections.presence(target.name).redirectUri }), issuer, browser };
  }

  async function makeRoom(personKey: string): Promise<void> {
    await db.deleteFrom('connect_flows').where('expires_at', '<=', now()).execute();
    const open = await db.selectFrom('connect_flows').select(['state_hash']).where('person_key', '=', personKey).orderBy('expires_at', 'desc').execute();
    const old = open.slice(MAX_FLOWS - 1).map((row) => row.state_hash);
    if (old.length > 0) await db.deleteFrom('connect_flows').where('state_hash', 'in', old).execute();
  }

  async function arrive(target: string, { state, code, error, iss }: Arrival, browser: string | undefined): Promise<void> {
    const row = await db.selectFrom('connect_flows').selectAll().where('state_hash', '=', sha256(state)).where('expires_at', '>', now()).executeTakeFirst();
    if (!row || row.target !== target) throw lost();
    // Another browser than the one that departed: whoever it is, it is not brought in by a link.
    if (browser === undefined || !sameText(sha256(browser), row.browser_hash)) throw lost();
    const luggage = await open(row);
    // RFC 9207: an answer of another server is for another server.
    const isOther = iss === undefined ? luggage.namesItself : iss !== luggage.issuer;
    if (isOther || luggage.code !== undefined || error !== undefined || code === undefined) {
      await take(row.state_hash);
      if (isOther || luggage.code !== undefined) throw lost();
      throw new SallyportError('forbidden', `the authorization server did not agree${/^[a-z_]{1,64}$/.test(error ?? '') ? `: ${error}` : ''}`, {
        hint: 'begin again, and agree there',
      });
    }
    const sealed = await seal(keys, JSON.stringify({ ...luggage, code }), boundTo(row.state_hash));
    await db.updateTable('connect_flows').set(sealed).where('state_hash', '=', row.state_hash).execute();
  }

  async function finish(person: Subject, target: PersonalTarget, browser: string | undefined): Promise<void> {
    const flows =
      browser === undefined
        ? []
        : await db.selectFrom('connect_flows').selectAll().where('browser_hash', '=', sha256(browser)).where('target', '=', target.name).execute();
    const [row] = flows;
    // Once, whatever comes of it.
    if (!row || !(await take(row.state_hash)) || row.expires_at <= now()) throw lost();
    if (row.person_key !== subjectKey(person)) {
      throw new SallyportError('forbidden', 'this was begun by somebody else, and is given up', { hint: 'sign in as yourself, and begin again' });
    }
    const luggage = await open(row);
    if (luggage.code === undefined) throw lost();
    await connect(person, target, luggage, luggage.code);
  }

  async function connect(person: Subject, target: PersonalTarget, luggage: Luggage, code: string): Promise<void> {
    const { server, resource } = await connections.discover(target);
    const client = await clientAt(server, connections.presence(target.name), target.spec, deps);
    if (server.issuer !== luggage.issuer || resource !== luggage.resource || client.id !== luggage.clientId) throw lost();
    const { redirectUri } = connections.presence(target.name);
    const fields = { grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: luggage.verifier, resource };
    const answer = await requestToken(
      { endpoint: server.tokenEndpoint, reach: server.reach(server.tokenEndpoint), issuer: server.issuer, client, fields },
      ask,
      now,
    );
    const { accessToken, expiresAt, refreshToken, scope } = answer;
    await connections.connect(
      person,
      { target: target.name, address: target.address, issuer: server.issuer },
      {
        accessToken,
        expiresAt,
        renewAt: renewalOf(expiresAt, now()),
        resource,
        clientId: client.id,
        ...(refreshToken === undefined ? {} : { refreshToken }),
        ...(scope === undefined ? {} : { scope }),
      },
    );
  }

  /** Whether it was there: of two that come with the same, one has it. */
  async function take(stateHash: string): Promise<boolean> {
    const { numDeletedRows } = await db.deleteFrom('connect_flows').where('state_hash', '=', stateHash).executeTakeFirst();
    return numDeletedRows === 1n;
  }

  // Only `depart` and `arrive` seal what is opened here.
  const open = async (row: { readonly state_hash: string; readonly sealed: string; readonly key_id: string }): Promise<Luggage> =>
    JSON.parse(await unseal(keys, row, boundTo(row.state_hash))) as Luggage;

  return { depart, arrive, finish };
}

const boundTo = (stateHash: string): readonly string[] => ['the way of', stateHash];

function authorizationUrl(
  found: Discovered,
  { spec }: PersonalTarget,
  { verifier, resource, clientId }: Luggage,
  own: { readonly state: string; readonly redirectUri: string },
): string {
  const url = new URL(found.server.authorizationEndpoint);
  const scopes = scopesFor(found, spec.scopes);
  const parameters = {
    ...spec.parameters,
    response_type: 'code',
    client_id: clientId,
    redirect_uri: own.redirectUri,
    state: own.state,
    code_challenge: hash('sha256', verifier, 'base64url'),
    code_challenge_method: 'S256',
    resource,
    ...(scopes.length > 0 ? { scope: scopes.join(' ') } : {}),
  };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return url.href;
}

/** With `offline_access` where the server knows it: without, it would give nothing to refresh with. */
function scopesFor({ scopes, server }: Discovered, wanted: readonly string[] | undefined): readonly string[] {
  const asked = wanted ?? scopes;
  return server.scopes.includes('offline_access') && !asked.includes('offline_access') ? [...asked, 'offline_access'] : asked;
}

function lost(): SallyportError {
  return new SallyportError('forbidden', 'this is not the way that was begun in this browser, or it took too long', {
    hint: 'begin again at the page of the target',
  });
}

const sha256 = (text: string): string => hash('sha256', text, 'hex');

/** In a time that tells nothing of either text. */
const sameText = (a: string, b: string): boolean => a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
