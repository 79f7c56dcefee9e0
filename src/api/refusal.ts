import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { isSallyportError, type ErrorCode } from '../core/error.ts';
import type { ApiEnv } from './deps.ts';

const STATUS: Readonly<Record<ErrorCode, ContentfulStatusCode>> = {
  config_invalid: 500,
  resources_invalid: 422,
  json_invalid: 400,
  json_ambiguous: 400,
  limit_exceeded: 413,
  unauthenticated: 401,
  not_found: 404,
  forbidden: 403,
  conflict: 409,
  denied: 403,
  record_failed: 503,
  masking_failed: 500,
  credential_missing: 502,
  not_connected: 403,
  upstream_unreachable: 502,
  upstream_timeout: 504,
  upstream_invalid: 502,
  storage_failed: 503,
  verify_failed: 500,
  usage: 400,
  internal: 500,
};

/** The one shape of an error. Everything in it is for the caller. */
export function refuse(c: Context<ApiEnv>, status: ContentfulStatusCode, code: string, message: string, hint?: string): Response {
  return c.json({ error: { code, message, ...(hint ? { hint } : {}) } }, status);
}

export const statusOf = (error: unknown): ContentfulStatusCode => STATUS[isSallyportError(error) ? error.code : 'internal'];

/** What a route threw: an expected error says its message, anything else only that it happened. */
export function refuseError(c: Context<ApiEnv>, error: unknown, report: (error: unknown) => void): Response {
  const expected = isSallyportError(error) ? error : undefined;
  const status = statusOf(error);
  if (status >= 500) report(error);
  if (!expected || status === 500) return refuse(c, status, 'internal', 'the gateway failed on this request');
  return refuse(c, status, expected.code, expected.message, expected.hint);
}

/** The same for what does not exist and for what the caller may not see. */
export const notFound = (c: Context<ApiEnv>): Response => refuse(c, 404, 'not_found', 'there is nothing here, or nothing that you may see');
