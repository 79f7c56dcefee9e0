import { z } from 'zod';
import { SallyportError, type ErrorCode } from '../core/error.ts';
import type { Invocation } from './command.ts';
import { readSignIn } from './sign-in-file.ts';

const TIMEOUT_MS = 60_000;
const DEFAULT_PORT = '7600';

/** The HTTP API of one gateway, as one caller. */
export interface GatewayClient {
  readonly url: string;
  get<T>(path: string, schema: z.ZodType<T>): Promise<T>;
  /** A reply of any length, as it comes. Throws `upstream_unreachable` where it breaks off. */
  open(path: string): Promise<AsyncIterable<Uint8Array>>;
  post<T>(path: string, body: object, schema: z.ZodType<T>): Promise<T>;
}

/** `authorization` is the header's value; absent for requests that need none. */
export function connect(url: string, authorization?: string): GatewayClient {
  const base = checkedUrl(url);
  const send = async <T>(path: string, schema: z.ZodType<T>, init: RequestInit): Promise<T> => {
    const headers = { accept: 'application/json', ...(init.body ? { 'content-type': 'application/json' } : {}), ...(authorization ? { authorization } : {}) };
    const response = await reach(`${base}${path}`, { ...init, headers });
    return read(response, schema);
  };
  return {
    url: base,
    get: (path, schema) => send(path, schema, { method: 'GET' }),
    open: (path) => openStream(`${base}${path}`, authorization),
    post: (path, body, schema) => send(path, schema, { method: 'POST', body: JSON.stringify(body) }),
  };
}

/** As whoever signed in with `sallyport login`. */
export async function connectSignedIn({ terminal }: Invocation): Promise<GatewayClient> {
  const signIn = await readSignIn(terminal.env);
  if (!signIn) throw new SallyportError('unauthenticated', 'you are not signed in', { hint: 'sallyport login' });
  return connect(signIn.url, `Bearer ${signIn.token}`);
}

/** `--gateway` or `--url`, else the gateway that one signed in to, else the one of `npm start`. */
export async function gatewayUrl({ options, terminal }: Invocation): Promise<string> {
  return options['gateway'] ?? options['url'] ?? (await readSignIn(terminal.env))?.url ?? `http://localhost:${terminal.env['SALLYPORT_PORT'] ?? DEFAULT_PORT}`;
}

/** Passwords and tokens travel encrypted, or not beyond this machine. */
function checkedUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !['http:', 'https:'].includes(url.protocol) || url.username !== '' || url.search !== '' || url.hash !== '') {
    throw new SallyportError('usage', `${text} is no address of a gateway`, { hint: 'write it whole: http://localhost:7600, https://sallyport.example.com' });
  }
  const isLocal = /^(?:localhost|.+\.localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname);
  if (url.protocol === 'http:' && !isLocal) throw new SallyportError('usage', `${text} would send secrets in the clear`, { hint: 'use https' });
  return `${url.origin}${url.pathname.replace(/\/$/, '')}`;
}

async function openStream(url: string, authorization: string | undefined): Promise<AsyncIterable<Uint8Array>> {
  // Only the beginning has a limit in time.
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), TIMEOUT_MS);
  const response = await reach(url, { headers: authorization === undefined ? {} : { authorization }, signal: late.signal });
  clearTimeout(timer);
  if (!response.ok) throw refusal(response.status, await response.json().catch(() => undefined));
  return unbroken(response);
}

async function* unbroken({ body, url }: Response): AsyncIterable<Uint8Array> {
  try {
    for await (const chunk of body ?? []) yield chunk as Uint8Array; // the type of a chunk is not declared
  } catch (cause) {
    throw new SallyportError('upstream_unreachable', `the gateway at ${new URL(url).origin} broke off`, { cause, hint: 'what came so far is not complete' });
  }
}

async function reach(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, { ...init, redirect: 'error', signal: init.signal ?? AbortSignal.timeout(TIMEOUT_MS) });
  } catch (cause) {
    throw new SallyportError('upstream_unreachable', `the gateway at ${new URL(url).origin} cannot be reached`, {
      cause,
      hint: 'is it running? another one is named with --url at login',
    });
  }
}

const failure = z.object({ error: z.object({ code: z.string(), message: z.string(), hint: z.string().optional() }) });

async function read<T>(response: Response, schema: z.ZodType<T>): Promise<T> {
  const body: unknown = await response.json().catch(() => undefined);
  if (!response.ok) throw refusal(response.status, body);
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw new SallyportError('upstream_invalid', 'this is no gateway, or one of another version', {
    cause: parsed.error,
    hint: 'check the address: sallyport login --url URL',
  });
}

/** The gateway's own words. Its codes are ours; whatever else answered has none. */
function refusal(status: number, body: unknown): SallyportError {
  const parsed = failure.safeParse(body);
  if (!parsed.success)
    return new SallyportError('upstream_invalid', `the address answered with status ${status}, not as a gateway does`, { hint: 'check the address' });
  const { code, message, hint } = parsed.data.error;
  const known: ErrorCode = status === 401 ? 'unauthenticated' : isCode(code) ? code : 'forbidden';
  return new SallyportError(known, message, hint === undefined ? {} : { hint });
}

const CODES: readonly ErrorCode[] = [
  'not_found',
  'forbidden',
  'conflict',
  'denied',
  'limit_exceeded',
  'json_invalid',
  'record_failed',
  'storage_failed',
  'internal',
];

function isCode(code: string): code is ErrorCode {
  // A `usage` or `upstream_unreachable` of the gateway's is not ours, and would become the wrong exit code.
  return (CODES as readonly string[]).includes(code);
}
