import { targetUrl } from '../audience.ts';

const PATH = /^\/mcp\/(@api|[a-z0-9](?:[a-z0-9._-]{0,126}[a-z0-9])?)\/*$/;

/**
 * The target that a resource (RFC 8707) names, in whatever way clients write the URL that a person typed: case of scheme and host,
 * a default port, slashes at the end. Undefined for everything else, whether or not such a target exists.
 */
export function resourceTarget(resource: string, url: string): string | undefined {
  const parsed = URL.parse(resource);
  if (!parsed || resource.length > 2048 || parsed.origin !== new URL(url).origin) return undefined;
  if (parsed.username !== '' || parsed.password !== '' || parsed.search !== '' || parsed.hash !== '' || /[?#\\\s]/.test(resource)) return undefined;
  // What needs decoding or resolving is no name: `..` and `%2e` were resolved by the parser, so the text itself is looked at.
  if (/%|\/\.{1,2}(?:\/|$)/.test(resource)) return undefined;
  return PATH.exec(parsed.pathname)?.[1];
}

/** The one spelling that grants, codes and tokens carry; what is no resource of ours stays as it is, to be refused. */
export function canonicalResource(resource: string, url: string): string {
  const target = resourceTarget(resource, url);
  return target === undefined ? resource : targetUrl(url, target);
}
