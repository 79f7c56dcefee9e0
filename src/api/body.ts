import type { Context } from 'hono';
import type { z } from 'zod';
import { SallyportError } from '../core/error.ts';
import { decodeUtf8, parseJson } from '../core/json.ts';
import type { ApiEnv } from './deps.ts';

const MAX_BYTES = 64 * 1024;

/** The body under its schema. Throws `usage`, `json_invalid`, `json_ambiguous` or `limit_exceeded`; never repeats a value. */
export async function readBody<T extends z.ZodType>(c: Context<ApiEnv>, schema: T): Promise<z.output<T>> {
  const type = c.req.header('content-type');
  const bytes = await readBytes(c.req.raw.body);
  if (bytes.byteLength === 0 && type === undefined) return checked(schema, {});
  if (!/^application\/json(?:\s*;\s*charset=utf-8)?$/i.test(type ?? '')) {
    throw new SallyportError('usage', 'the body is not declared as JSON', { hint: 'send content-type: application/json' });
  }
  return checked(schema, parseJson(decodeUtf8(bytes), { depth: 64 }));
}

/** The body of an HTML form under a schema. */
export async function readForm<T extends z.ZodType>(c: Context<ApiEnv>, schema: T, limit: number = MAX_BYTES): Promise<z.output<T>> {
  if (!/^application\/x-www-form-urlencoded(?:\s*;.*)?$/i.test(c.req.header('content-type') ?? '')) throw new SallyportError('usage', 'the body is no form');
  const fields = [...new URLSearchParams(decodeUtf8(await readBytes(c.req.raw.body, limit)))];
  if (new Set(fields.map(([name]) => name)).size < fields.length) throw new SallyportError('usage', 'a field was sent more than once');
  return checked(schema, Object.fromEntries(fields));
}

/** Query parameters under a schema. */
export function readQuery<T extends z.ZodType>(c: Context<ApiEnv>, schema: T): z.output<T> {
  return checked(schema, c.req.query());
}

/** The body as it came; throws `limit_exceeded`. */
export async function readBytes(body: ReadableStream<Uint8Array> | null, limit: number = MAX_BYTES): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body ?? []) {
    length += chunk.byteLength;
    if (length > limit) throw new SallyportError('limit_exceeded', `the body is longer than ${limit} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function checked<T extends z.ZodType>(schema: T, value: unknown): z.output<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const hint = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'the whole'}: ${expectation(issue)}`).join('; ');
  throw new SallyportError('usage', 'the request does not have the expected form', { hint: hint.slice(0, 500) });
}

/** What should stand there, in words for whoever typed it; never the value. */
function expectation(issue: z.core.$ZodIssue): string {
  const unit = 'origin' in issue && issue.origin === 'string' ? ' characters' : '';
  if (issue.code === 'too_small') return issue.minimum === 1 && unit !== '' ? 'it is empty' : `at least ${issue.minimum}${unit}`;
  if (issue.code === 'too_big') return `at most ${issue.maximum}${unit}`;
  if (issue.code === 'invalid_type') return `a ${issue.expected} is expected`;
  return issue.message;
}
