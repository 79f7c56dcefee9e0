import type { MiddlewareHandler } from 'hono';
import { headerValues } from '../identity/bearer.ts';
import type { ApiDeps, ApiEnv } from './deps.ts';
import { refuse } from './refusal.ts';

const CSP = [
  "default-src 'none'",
  "script-src 'self'",
  // The component library writes style attributes and elements; it runs no script through them.
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

/** Before any route: only requests that name this gateway and come from none but its own pages. */
export function guard({ hosts }: ApiDeps): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const raw = c.env.incoming.rawHeaders;
    if (!hosts.host(headerValues(raw, 'host'))) return refuse(c, 403, 'forbidden', 'this host name is not served here');
    const unsafe = c.req.method !== 'GET' && c.req.method !== 'HEAD';
    const foreign = !hosts.origin(headerValues(raw, 'origin')) || (unsafe && c.req.header('sec-fetch-site') === 'cross-site');
    return foreign ? refuse(c, 403, 'forbidden', 'requests from pages of another origin are not served') : next();
  };
}

/** On every reply, errors included. */
export function securityHeaders({ url }: ApiDeps): MiddlewareHandler<ApiEnv> {
  const always: Readonly<Record<string, string>> = {
    'content-security-policy': CSP,
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': 'camera=(), geolocation=(), microphone=()',
    ...(url.startsWith('https:') ? { 'strict-transport-security': 'max-age=31536000' } : {}),
  };
  return async (c, next) => {
    await next();
    // A page with a form says its own, or its browser would hide from us where the form came from.
    for (const [name, value] of Object.entries(always)) if (name !== 'referrer-policy' || !c.res.headers.has(name)) c.res.headers.set(name, value);
    if (!c.res.headers.has('cache-control')) c.res.headers.set('cache-control', 'no-store');
  };
}
