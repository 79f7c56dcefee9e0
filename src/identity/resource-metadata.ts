import { targetUrl } from './audience.ts';

/** RFC 9728: where a client learns whose tokens a target takes. */
export interface ResourceMetadata {
  readonly resource: string;
  readonly authorization_servers: readonly string[];
  readonly bearer_methods_supported: readonly ['header'];
  readonly resource_name: string;
}

export interface ResourceMetadataOptions {
  /** URL of the gateway. */
  readonly url: string;
  /** Configured issuers; the gateway itself where there is none. */
  readonly issuers: readonly string[];
}

/** A target's name as it may stand in a URL. Whether such a target exists is not told to strangers. */
const TARGET_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

const WELL_KNOWN = '/.well-known/oauth-protected-resource';

function protectedResourceMetadata({ url, issuers }: ResourceMetadataOptions, target: string): ResourceMetadata {
  return {
    resource: targetUrl(url, target),
    authorization_servers: issuers.length > 0 ? issuers : [url],
    bearer_methods_supported: ['header'],
    resource_name: target,
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

/** RFC 6750 and 9728: the `WWW-Authenticate` of a 401. An error is named only where a token was sent. */
export function challenge(url: string, target: string, error?: { readonly reason: string }): string {
  const metadata = TARGET_NAME.test(target)
    ? `${new URL(url).origin}${WELL_KNOWN}${new URL(targetUrl(url, target)).pathname}`
    : `${new URL(url).origin}${WELL_KNOWN}`;
  const why = error ? `error="invalid_token", error_description="${quotable(error.reason)}", ` : '';
  return `Bearer ${why}resource_metadata="${metadata}"`;
}

/** What RFC 6750 lets stand in `error_description`. */
const quotable = (text: string): string => text.replace(/[^\x20\x21\x23-\x5b\x5d-\x7e]/g, '');
