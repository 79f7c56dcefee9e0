import type { MiddlewareHandler } from 'hono';
import { headerValues } from '../identity/bearer.ts';
import { isReplyOfProvider } from '../identity/host.ts';
import type { ApiDeps, ApiEnv } from './deps.ts';
import { refuse } from './refusal.ts';

const policy = (forms: string): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    // The component library writes style attributes and elements; it runs no script through them.
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    `form-action ${forms}`,
    "frame-ancestors 'none'",
  ].join('; ');

/** Of a page whose form leads, over a redirect, to another place as well: browsers hold redirects of a form to its policy. */
export const pagePolicy = (leadsTo: string): string => policy(`'self' ${leadsTo}`);

/** Before any route: only requests that name this gateway and come from none but its own pages. */
export function guard({ hosts }: ApiDeps): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const raw = c.env.incoming.rawHeaders;
    if (!hosts.host(headerValues(raw, 'host'))) return refuse(c, 403, 'forbidden', 'this host name is not served here');
    if (isReplyOfProvider(c.req.method, c.req.path)) return next();
    const unsafe = c.req.method !== 'GET' && c.req.method !== 'HEAD';
    const foreign = !hosts.origin(headerValues(raw, 'origin')) || (unsafe && c.req.header('sec-fetch-site') === 'cross-site');
    return foreign ? refuse(c, 403, 'forbidden', 'requests from pages of another origin are not served') : next();
  };
}

export function headersOf(url: string): Readonly<Record<string, string>> {
  return {
    'content-security-policy': policy("'self'"),
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': 'camera=(), geolocation=(), microphone=()',
    ...(url.startsWith('https:') ? { 'strict-transport-security': 'max-age=31536000' } : {}),
  };
}

/** What a page with a form says itself: or its browser would hide from us where the form came from, or not let it lead on. */
const OF_PAGES = ['referrer-policy', 'content-security-policy'];

/** On every reply, errors included. */
export function securityHeaders({ url }: ApiDeps): MiddlewareHandler<ApiEnv> {
  const always = headersOf(url);
  return async (c, next) => {
    await next();
    for (const [name, value] of Object.entries(always)) if (!OF_PAGES.includes(name) || !c.res.headers.has(name)) c.res.headers.set(name, value);
    if (!c.res.headers.has('cache-control')) c.res.headers.set('cache-control', 'no-store');
  };
}
