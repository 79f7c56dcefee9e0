import { errors } from 'oidc-provider';
import { redirectKind } from './redirects.ts';
import { knownScopes } from './scopes.ts';

/** What a client may say about itself; the rest (RFC 7591 has it so) is left out: logos and policies are never fetched or shown. */
const KEPT = [
  'application_type',
  'client_id',
  'client_name',
  'client_uri',
  'dpop_bound_access_tokens',
  'grant_types',
  'jwks',
  'jwks_uri',
  'redirect_uris',
  'response_types',
  'software_id',
  'software_version',
  'token_endpoint_auth_method',
  'token_endpoint_auth_signing_alg',
];

/** What whoever describes itself may ask for; more is for clients that the operator configured. */
const OPEN_GRANTS = ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'];

const MAX_REDIRECTS = 20;

export type Metadata = Readonly<Record<string, unknown>>;

/**
 * A client's description as clients in the field write it, in the form that the server takes: those whose codes come back to the
 * person's own machine are native whatever they say (RFC 8252 lets their port differ), unknown scopes and grants are left out.
 * Throws `invalid_redirect_uri` for a redirect that is neither https, nor loopback, nor an application's own scheme.
 */
export function readMetadata(given: Metadata): Metadata {
  const kept = Object.fromEntries(KEPT.filter((name) => given[name] !== undefined && given[name] !== null).map((name) => [name, given[name]]));
  const redirects = readRedirects(given['redirect_uris']);
  const kinds = redirects.map(redirectKind);
  if (kinds.includes('refused'))
    throw new errors.InvalidClientMetadata('redirect_uris are https, http on a loopback address, or of an application’s own scheme');
  const native = kinds.some((kind) => kind !== 'web');
  return {
    ...kept,
    ...(native ? { application_type: 'native' } : {}),
    ...(native && given['token_endpoint_auth_method'] === undefined ? { token_endpoint_auth_method: 'none' } : {}),
    ...(typeof given['client_name'] === 'string' ? { client_name: given['client_name'].slice(0, 200) } : {}),
    grant_types: filtered(given['grant_types'], OPEN_GRANTS, ['authorization_code', 'refresh_token']),
    response_types: redirects.length > 0 ? ['code'] : [],
    scope: knownScopes(typeof given['scope'] === 'string' ? given['scope'] : undefined),
  };
}

function readRedirects(value: unknown): readonly string[] {
  if (value === undefined) return [];
  if (!Array.isArray(value) || value.length > MAX_REDIRECTS || !value.every((one) => typeof one === 'string'))
    throw new errors.InvalidClientMetadata(`redirect_uris is a list of at most ${MAX_REDIRECTS} URIs`);
  return value;
}

function filtered(value: unknown, known: readonly string[], otherwise: readonly string[]): readonly string[] {
  if (!Array.isArray(value)) return otherwise;
  const kept = known.filter((one) => value.includes(one));
  return kept.length > 0 ? kept : otherwise;
}
