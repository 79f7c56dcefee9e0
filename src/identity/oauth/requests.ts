import { Readable } from 'node:stream';
import type { IncomingMessage } from 'node:http';
import { errors, type KoaContextWithOIDC } from 'oidc-provider';
import { isJsonObject, parseJson } from '../../core/json.ts';
import { readMetadata, type Metadata } from './client-metadata.ts';
import { canonicalResource } from './resources.ts';
import { DISCOVERY, ROUTES } from './routes.ts';
import { knownScopes, SCOPES } from './scopes.ts';

const MAX_BODY_BYTES = 56 * 1024;

/** The form of a POST, when the provider has not read it yet. */
export type Form = URLSearchParams;

/**
 * Brings what clients in the field send into the form that the provider takes: one spelling of each resource, scopes that there
 * are, descriptions of native clients. Nothing is let through here that the provider would not check again.
 */
export async function readableRequest(ctx: KoaContextWithOIDC, url: string): Promise<Form | undefined> {
  if (ctx.path === ROUTES.authorization && ctx.method === 'GET') {
    ctx.querystring = String(readableForm(new URLSearchParams(ctx.querystring), ctx.path, url));
    return undefined;
  }
  if (ctx.method !== 'POST') return undefined;
  const text = await readText(ctx.req);
  if (ctx.path === ROUTES.registration) {
    giveBack(ctx, ctx.is('json') ? JSON.stringify(readRegistration(text)) : text);
    return undefined;
  }
  if (!ctx.is('application/x-www-form-urlencoded')) {
    giveBack(ctx, text);
    return undefined;
  }
  const form = readableForm(new URLSearchParams(text), ctx.path, url);
  giveBack(ctx, String(form));
  return form;
}

const ASKS_FOR_SCOPE: readonly string[] = [ROUTES.authorization, ROUTES.device_authorization, ROUTES.pushed_authorization_request];

function readableForm(given: URLSearchParams, path: string, url: string): URLSearchParams {
  const form = new URLSearchParams([...given].filter(([name]) => name !== 'resource'));
  const resources = new Set(given.getAll('resource').map((resource) => canonicalResource(resource, url)));
  for (const resource of resources) form.append('resource', resource);
  // Sent twice it is ambiguous, and refused as such; a scope that is not ours is left out.
  if (ASKS_FOR_SCOPE.includes(path) && form.getAll('scope').length < 2 && !form.has('request_uri'))
    form.set('scope', knownScopes(given.get('scope') ?? undefined));
  // OpenID Connect's, without which an access token loses nothing; the provider refuses it without the `openid` scope.
  form.delete('nonce');
  return form;
}

function readRegistration(text: string): Metadata {
  try {
    if (isJsonObject(parseJson(text, { depth: 16 }))) return readMetadata(JSON.parse(text) as Metadata);
  } catch (error) {
    if (error instanceof errors.OIDCProviderError) throw error;
  }
  throw new errors.InvalidClientMetadata('the registration is no JSON object');
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  // What is too long is refused on the same connection, which has to be left open for that.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    // A request that nobody set an encoding on gives buffers.
    bytes += (chunk as Buffer).byteLength;
    if (bytes > MAX_BODY_BYTES) throw new errors.InvalidRequest('the request is too large');
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** The provider reads the body from a stream and counts it against its length. */
function giveBack(ctx: KoaContextWithOIDC, text: string): void {
  const bytes = Buffer.from(text);
  ctx.headers['content-length'] = String(bytes.length);
  delete ctx.headers['transfer-encoding'];
  // Of the request only the body is read from here on; the rest the context has already.
  ctx.req = Readable.from(bytes.length === 0 ? [] : [bytes]) as IncomingMessage;
}

/** The code is typed in by whoever sees the device: an address with the code in it is one that somebody else can send. */
export function describeDevice(ctx: KoaContextWithOIDC): void {
  if (ctx.path !== ROUTES.device_authorization || ctx.status !== 200 || typeof ctx.body !== 'object') return;
  // The provider's own reply: an object of JSON.
  const { verification_uri_complete: _withCode, ...reply } = ctx.body as Record<string, unknown>;
  ctx.body = { ...reply, interval: 5 };
}

/** What discovery says beyond, and less than, the provider's own. */
export function describeServer(ctx: KoaContextWithOIDC): void {
  if (!DISCOVERY.some((path) => path === ctx.path) || ctx.status !== 200 || typeof ctx.body !== 'object') return;
  // The provider's own document: an object of JSON.
  const { claims_supported: _claims, claim_types_supported: _types, ...document } = ctx.body as Record<string, unknown>;
  ctx.body = { ...document, scopes_supported: [...SCOPES], response_modes_supported: ['query'] };
}
