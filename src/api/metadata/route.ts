import { Hono } from 'hono';
import { metadataAt } from '../../identity/resource-metadata.ts';
import type { ApiDeps, ApiEnv } from '../deps.ts';
import { notFound } from '../refusal.ts';

/** RFC 9728 metadata, open to everybody: it is what a client reads before it has a token. */
export function metadataRoutes(deps: ApiDeps): Hono<ApiEnv> {
  return new Hono<ApiEnv>().get('/.well-known/oauth-protected-resource/*', serve).get('/.well-known/oauth-protected-resource', serve);

  function serve(c: Parameters<typeof notFound>[0]): Response {
    const targets = deps.snapshot().targets.map(({ name }) => name);
    const document = metadataAt({ url: deps.url, issuers: deps.issuers, oauth: deps.oauth ? 'on' : 'off' }, c.req.path, targets);
    return document ? c.json(document) : notFound(c);
  }
}
