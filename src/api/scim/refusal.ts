import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { isSallyportError } from '../../core/error.ts';
import { ScimError } from '../../identity/scim/scim-error.ts';
import { statusOf } from '../refusal.ts';

/** RFC 7644 3.12. */
export function refuseScim(c: Context, error: unknown, report: (error: unknown) => void): Response {
  const status = scimStatus(error);
  if (status >= 500) report(error);
  const told = isSallyportError(error) && status < 500 ? error.message : 'the gateway failed on this request';
  const scimType = scimTypeOf(error);
  if (status === 401) c.header('www-authenticate', 'Bearer realm="scim"');
  if (status === 429) c.header('retry-after', '30');
  return scim(c, { schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'], status: String(status), ...(scimType ? { scimType } : {}), detail: told }, status);
}

function scimStatus(error: unknown): ContentfulStatusCode {
  if (!(error instanceof ScimError)) return statusOf(error);
  if (error.code === 'limit_exceeded') return 429;
  // Somebody else changed it first (`If-Match`), or something is there already.
  return error.code === 'conflict' && error.scimType === undefined ? 412 : statusOf(error);
}

function scimTypeOf(error: unknown): string | undefined {
  if (error instanceof ScimError) return error.scimType;
  return isSallyportError(error, 'json_invalid') || isSallyportError(error, 'json_ambiguous') ? 'invalidSyntax' : undefined;
}

export function scim(c: Context, body: object, status: ContentfulStatusCode = 200): Response {
  return c.body(JSON.stringify(body), status, { 'content-type': 'application/scim+json' });
}
