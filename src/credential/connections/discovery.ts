import { SallyportError } from '../../core/error.ts';
import { isJsonArray, member, parseJson, type JsonValue } from '../../core/json.ts';
import type { Reach } from '../../network/address.ts';
import type { Ask } from '../../network/ask.ts';

/** An authorization server, as its metadata says (RFC 8414). */
export interface AuthorizationServer {
  readonly issuer: string;
  readonly authorizationEndpoint: string;
  readonly tokenEndpoint: string;
  readonly registrationEndpoint: string | undefined;
  readonly revocationEndpoint: string | undefined;
  readonly scopes: readonly string[];
  readonly tokenAuthMethods: readonly string[];
  /** It reads a client's metadata where its id says. */
  readonly readsClientDocuments: boolean;
  /** RFC 9207: its answers say whose they are. */
  readonly namesItself: boolean;
  /** How far a request to one of its endpoints may go. */
  reach(url: string): Reach;
}

/** What a target is to OAuth (RFC 9728), and who gives tokens for it. */
export interface Discovered {
  readonly resource: string;
  /** What the target's metadata asks for. */
  readonly scopes: readonly string[];
  readonly server: AuthorizationServer;
}

/**
 * Asks the target who gives tokens for it, and that server what it can. Only hosts that the operator wrote may be inside; what
 * documents name has to be public. Throws `credential_missing` with what is wrong.
 */
export async function discover(address: string, configuredIssuer: string | undefined, ask: Ask): Promise<Discovered> {
  const reader = new MetadataReader(ask, [address, ...(configuredIssuer === undefined ? [] : [configuredIssuer])]);
  const resource = await readResource(address, reader);
  if (configuredIssuer !== undefined && resource.issuers.length > 0 && !resource.issuers.includes(configuredIssuer))
    throw unusable('the target names other authorization servers than the configured one');
  const issuer = configuredIssuer ?? resource.issuers[0] ?? new URL(address).origin;
  return { resource: resource.resource, scopes: resource.scopes, server: await readServer(issuer, reader) };
}

interface Resource {
  readonly resource: string;
  readonly issuers: readonly string[];
  readonly scopes: readonly string[];
}

class MetadataReader {
  readonly #ask: Ask;
  readonly #hosts: ReadonlySet<string>;
  readonly #secure: boolean;

  constructor(ask: Ask, configured: readonly string[]) {
    this.#ask = ask;
    this.#hosts = new Set(configured.map((url) => new URL(url).hostname));
    this.#secure = configured.every((url) => url.startsWith('https:'));
  }

  reach(url: string): Reach {
    return this.#hosts.has(new URL(url).hostname) ? 'configured' : 'public';
  }

  /** A URL that a document named, as it is. Throws where it is none that may be used. */
  checked(value: JsonValue | undefined, what: string): string {
    const url = typeof value === 'string' && value.length <= 2048 ? URL.parse(value) : null;
    if (!url || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '' || url.hash !== '')
      throw unusable(`its ${what} is no URL that may be used`);
    if (this.#secure && url.protocol !== 'https:') throw unusable(`its ${what} is without TLS`);
    // As it was written: issuers are compared as texts.
    return value as string;
  }

  /** Undefined where there is no such document. */
  async document(url: string): Promise<JsonValue | undefined> {
    try {
      const { status, body } = await this.#ask({ url, reach: this.reach(url), headers: { accept: 'application/json', 'user-agent': 'sallyport' } });
      return status === 200 ? parseJson(body, { depth: 16 }) : undefined;
    } catch (cause) {
      if (cause instanceof SallyportError && cause.code.startsWith('json')) return undefined;
      throw new SallyportError('credential_missing', `${new URL(url).host} cannot be asked how to sign in there`, { cause, hint: 'try again later' });
    }
  }

  /** Where a challenge says that the metadata is. */
  async challenge(url: string): Promise<string | undefined> {
    const { status, headers } = await this.#ask({ url, reach: this.reach(url), headers: { accept: 'text/event-stream', 'user-agent': 'sallyport' } }).catch(
      () => ({ status: 0, headers: {} }),
    );
    const header: string | undefined = headers['www-authenticate' as keyof typeof headers];
    return status === 401 ? /(?:^|[\s,])resource_metadata="([^"]{1,2048})"/i.exec(header ?? '')?.[1] : undefined;
  }
}

async function readResource(address: string, reader: MetadataReader): Promise<Resource> {
  const { origin, pathname, search } = new URL(address);
  const path = pathname === '/' ? '' : pathname;
  const known = [`${origin}/.well-known/oauth-protected-resource${path}${search}`, `${origin}/.well-known/oauth-protected-resource`];
  for (const url of known) {
    const document = await reader.document(url);
    if (document !== undefined) return asResource(document, address, reader);
  }
  const challenged = await reader.challenge(address);
  const document = challenged === undefined ? undefined : await reader.document(reader.checked(challenged, 'metadata'));
  return document === undefined ? { resource: address, issuers: [], scopes: [] } : asResource(document, address, reader);
}

function asResource(document: JsonValue, address: string, reader: MetadataReader): Resource {
  const resource = reader.checked(member(document, 'resource'), 'resource');
  if (!covers(new URL(resource), new URL(address))) throw unusable("the target's metadata is about another resource");
  const named = member(document, 'authorization_servers');
  const issuers = isJsonArray(named) ? named.slice(0, 10).map((one) => reader.checked(one, 'authorization server')) : [];
  return { resource, issuers, scopes: texts(member(document, 'scopes_supported')) };
}

/** The address itself, or what it lies below. */
function covers(resource: URL, address: URL): boolean {
  const below = (path: string): string => (path.endsWith('/') ? path : `${path}/`);
  return resource.origin === address.origin && below(address.pathname).startsWith(below(resource.pathname));
}

async function readServer(issuer: string, reader: MetadataReader): Promise<AuthorizationServer> {
  for (const url of serverDocuments(issuer)) {
    const document = await reader.document(url);
    if (document === undefined) continue;
    if (member(document, 'issuer') !== issuer) throw unusable('it speaks for another issuer');
    return asServer(document, issuer, reader);
  }
  throw unusable('it has no metadata');
}

/** RFC 8414, then OpenID Connect in both of its forms. */
function serverDocuments(issuer: string): readonly string[] {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, '');
  const inserted = ['oauth-authorization-server', 'openid-configuration'].map((name) => `${origin}/.well-known/${name}${path}`);
  return path === '' ? inserted : [...inserted, `${origin}${path}/.well-known/openid-configuration`];
}

function asServer(document: JsonValue, issuer: string, reader: MetadataReader): AuthorizationServer {
  const optional = (name: string): string | undefined => {
    const value = member(document, name);
    return value === undefined ? undefined : reader.checked(value, name);
  };
  // Absent means that it has none, and then its answers could be meant for anybody.
  if (!texts(member(document, 'code_challenge_methods_supported')).includes('S256')) throw unusable('it does not know PKCE with S256');
  return {
    issuer,
    authorizationEndpoint: reader.checked(member(document, 'authorization_endpoint'), 'authorization_endpoint'),
    tokenEndpoint: reader.checked(member(document, 'token_endpoint'), 'token_endpoint'),
    registrationEndpoint: optional('registration_endpoint'),
    revocationEndpoint: optional('revocation_endpoint'),
    scopes: texts(member(document, 'scopes_supported')),
    tokenAuthMethods: texts(member(document, 'token_endpoint_auth_methods_supported')),
    readsClientDocuments: member(document, 'client_id_metadata_document_supported') === true,
    namesItself: member(document, 'authorization_response_iss_parameter_supported') === true,
    reach: (url) => reader.reach(url),
  };
}

function texts(value: JsonValue | undefined): readonly string[] {
  return isJsonArray(value) ? value.slice(0, 200).filter((one): one is string => typeof one === 'string' && /^[\x21-\x7e]{1,256}$/.test(one)) : [];
}

function unusable(what: string): SallyportError {
  return new SallyportError('credential_missing', `the target's authorization server cannot be used: ${what}`, { hint: 'tell the owner of the target' });
}
