import { targetUrl } from './audience.ts';
import { PROOF_ALGORITHMS } from './dpop.ts';
import { SCOPES } from './oauth/scopes.ts';

/** RFC 9728: where a client learns whose tokens a target takes. */
export interface ResourceMetadata {
  readonly resource: string;
  readonly authorization_servers: readonly string[];
  readonly bearer_methods_supported: readonly ['header'];
  readonly resource_name: string;
  readonly scopes_supported?: readonly string[];
  readonly dpop_signing_alg_values_supported?: readonly string[];
}

export interface ResourceMetadataOptions {
  /** URL of the gateway. */
  readonly url: string;
  /** Configured issuers. Clients are sent to them only where the gateway is no OAuth server itself. */
  readonly issuers: readonly string[];
  readonly oauth: 'on' | 'off';
}

/** A target's name as it may stand in a URL. Whether such a target exists is not told to strangers. */
const TARGET_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

const WELL_KNOWN = '/.well-known/oauth-protected-resource';

function protectedResourceMetadata({ url, issuers, oauth }: ResourceMetadataOptions, target: string): ResourceMetadata {
  return {
    resource: targetUrl(url, target),
    authorization_servers: oauth === 'on' || issuers.length === 0 ? [url] : issuers,
    bearer_methods_supported: ['header'],
    resource_name: target,
    ...(oauth === 'on' ? { scopes_supported: SCOPES, dpop_signing_alg_values_supported: PROOF_ALGORITHMS } : {}),
  };
}

/**
 * The document at a path, undefined where there is none. The path form answers for any well-formed name, so that it gives
 * no list of targets away; the root form only where one target is all there is.
 */
export function metadataAt(options: ResourceMetadataOptions, path: string, targets: readonly string[]): ResourceMetadata | undefined {
  const [only, second] = targets;
  if (path === WELL_KNOWN) return only !== undefined && second === undefined ? protectedResourceMetadata(options, only) : undefined;
  const prefix = `${WELL_KNOWN}/mcp/`;
  const target = path.startsWith(prefix) ? path.slice(prefix.length) : '';
  return TARGET_NAME.test(target) ? protectedResourceMetadata(options, target) : undefined;
}

export interface ChallengeOptions {
  /** What was wrong with the token that was sent; absent where none was. */
  readonly error?: { readonly code: 'invalid_token' | 'insufficient_scope'; readonly reason: string };
  /** What a client should ask for. */
  readonly scope?: string | undefined;
  /** `DPoP` where a token came that is bound to a key (RFC 9449). */
  readonly scheme?: 'DPoP' | undefined;
}

/** RFC 6750 and 9728: the `WWW-Authenticate` of a 401, or of the 403 that asks for more. */
export function challenge(url: string, target: string, { error, scope, scheme }: ChallengeOptions = {}): string {
  const { origin } = new URL(url);
  const metadata = TARGET_NAME.test(target) ? `${origin}${WELL_KNOWN}${new URL(targetUrl(url, target)).pathname}` : `${origin}${WELL_KNOWN}`;
  const parts = [
    ...(error ? [`error="${error.code}"`, `error_description="${quotable(error.reason)}"`] : []),
    ...(scope === undefined ? [] : [`scope="${scope}"`]),
    ...(scheme === undefined ? [] : [`algs="${PROOF_ALGORITHMS.join(' ')}"`]),
    `resource_metadata="${metadata}"`,
  ];
  return `${scheme ?? 'Bearer'} ${parts.join(', ')}`;
}

/** What RFC 6750 lets stand in `error_description`. */
const quotable = (text: string): string => text.replace(/[^\x20\x21\x23-\x5b\x5d-\x7e]/g, '');
