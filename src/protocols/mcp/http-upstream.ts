import { Pool } from 'undici';
import { isSallyportError, SallyportError } from '../../core/error.ts';
import { parseJson, writeJson, type JsonValue } from '../../core/json.ts';
import type { Target } from '../../core/target.ts';
import type { ResolvedCredential } from '../../credential/credential.ts';
import { guardedLookup, refuseHost } from '../../network/guarded-lookup.ts';
import { readMessage } from './codec.ts';
import type { EventIds, StreamEvent } from './event-ids.ts';
import { sendRequest, type HttpReply } from './http-reply.ts';
import { SseParser } from './sse.ts';
import { empty, type ReadCredential, type Transport, type UpstreamCall, type UpstreamEvent } from './transport.ts';

/** Streamable HTTP, both eras. The address is dialled as configured: no redirects, no proxies from the environment, never link-local. */
export function createHttpUpstream(target: Target, credential: ReadCredential, ids: EventIds): Transport {
  const url = new URL(target.address ?? '');
  const pool = new Pool(url.origin, {
    // Many times what one subject may hold, see under-way.ts: nobody waits for a connection because of somebody else.
    connections: 4096,
    pipelining: 1,
    headersTimeout: target.limits.replyMs,
    bodyTimeout: 0,
    keepAliveTimeout: 30_000,
    connect: { timeout: 10_000, lookup: guardedLookup('configured') },
  });
  refuseHost(url.hostname, 'configured');
  const ask = async (call: UpstreamCall): Promise<Answered> => {
    const given = await credential(call);
    return { given, reply: await dispatch(pool, url, call, headersOf(call, given), target) };
  };
  return {
    // One generator for all of it: each inside another costs every event of every call three turns more.
    async *send(asked) {
      const call = ids.opened(asked);
      if (!call) {
        yield empty(400);
        return;
      }
      let answered = await ask(call);
      if (answered.reply.status === 401 && answered.given.refused) answered = await again(answered, () => ask(call));
      const { reply, given } = answered;
      try {
        const head = headOf(reply, given);
        yield head;
        if (head.stream) {
          for await (const event of readStream(reply.body(), target)) {
            const heard = ids.heard(event, call.session);
            if (heard) yield heard;
          }
          return;
        }
        const message = readSingle(await reply.bytes(target.limits.replyBytes), reply, target);
        if (message) yield message;
      } catch (cause) {
        throw asUpstreamError(cause, target);
      } finally {
        reply.release();
      }
    },
    close: () => pool.destroy(),
  };
}

interface Answered {
  readonly reply: HttpReply;
  readonly given: ResolvedCredential;
}

/** The target did not know whom it had before it, so nothing ran: once more with another credential, where there is one. */
async function again({ reply, given }: Answered, ask: () => Promise<Answered>): Promise<Answered> {
  reply.release();
  given.refused?.();
  return ask();
}

async function dispatch(pool: Pool, url: URL, call: UpstreamCall, headers: Record<string, string>, target: Target): Promise<HttpReply> {
  try {
    const bodyTimeout = isStanding(call) ? 0 : target.limits.replyMs;
    return await sendRequest(pool, { method: call.verb, path: url.pathname + url.search, headers, body: bodyOf(call), bodyTimeout }, call.signal);
  } catch (cause) {
    throw asUpstreamError(cause, target);
  }
}

/** A stream that may be silent for as long as nothing happens. */
function isStanding({ verb, message }: UpstreamCall): boolean {
  return verb === 'GET' || (message?.kind === 'request' && message.method === 'subscriptions/listen');
}

function bodyOf(call: UpstreamCall): Uint8Array | string | null {
  return call.bytes ?? (call.message ? writeJson(call.message.message) : null);
}

/** Built from nothing: what the caller sent travels only where it is named here. */
function headersOf(call: UpstreamCall, credential: ResolvedCredential): Record<string, string> {
  const headers: Record<string, string> = {
    ...call.headers,
    ...call.trace,
    accept: call.verb === 'GET' ? 'text/event-stream' : 'application/json, text/event-stream',
    'accept-encoding': 'identity',
    'user-agent': 'sallyport',
  };
  if (call.verb === 'POST') headers['content-type'] = 'application/json';
  if (call.session && call.session.upstreamId !== '') headers['mcp-session-id'] = call.session.upstreamId;
  if (credential.kind === 'headers') for (const [name, secret] of credential.headers) headers[name.toLowerCase()] = secret.reveal();
  return headers;
}

/** Throws what makes the reply unusable as a whole. */
function headOf({ status, headers }: HttpReply, given: ResolvedCredential): Extract<UpstreamEvent, { kind: 'head' }> {
  refuseUnusable(status, one(headers['content-encoding']), given);
  return { kind: 'head', status, stream: typeOf(headers) === 'text/event-stream' && status === 200, sessionId: one(headers['mcp-session-id']) };
}

function typeOf(headers: HttpReply['headers']): string | undefined {
  const type = one(headers['content-type']);
  // As most servers say it; parameters and capitals cost more to take off.
  return type === JSON_TYPE ? type : type?.split(';')[0]?.trim().toLowerCase();
}

function refuseUnusable(status: number, encoding: string | undefined, credential: ResolvedCredential): void {
  if (encoding !== undefined && encoding !== 'identity') throw invalid('the target sent its reply in an encoding that was not asked for');
  if (status >= 300 && status < 400) throw invalid(`the target answered with a redirect (HTTP ${status}), which is not followed`);
  if (status === 401 || status === 403 || status === 407) throw refusedCredential(status, credential);
}

function refusedCredential(status: number, { refusal }: ResolvedCredential): SallyportError {
  if (status === 401 && refusal) return refusal;
  return new SallyportError('upstream_invalid', `the target refused the gateway's credential (HTTP ${status})`, { hint: 'ask the owner of the target' });
}

async function* readStream(body: AsyncIterable<Uint8Array>, target: Target): AsyncIterable<StreamEvent> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const parser = new SseParser(target.limits.replyBytes);
  for await (const chunk of body) {
    for (const event of parser.push(decoder.decode(chunk, { stream: true }))) {
      if (event.data === '') yield { kind: 'primer', event };
      else yield { kind: 'message', text: event.data, message: readMessage(parseReply(event.data, target)), event };
    }
  }
}

const JSON_TYPE = 'application/json';

/** For whole texts: one that is fed in pieces has a state. */
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function readSingle(bytes: Uint8Array | 'too-large', { status, headers }: HttpReply, target: Target): UpstreamEvent | undefined {
  if (bytes === 'too-large') throw invalid(`the target sent a reply larger than ${target.limits.replyBytes} bytes`);
  if (bytes.length === 0) return undefined;
  if (typeOf(headers) === JSON_TYPE) {
    const text = utf8.decode(bytes);
    return { kind: 'message', text, message: readMessage(parseReply(text, target)), event: undefined };
  }
  // A bare status such as "405 method not allowed" may come with a page of text; its text goes no further.
  if (status < 400) throw invalid('the target answered with another content type where JSON or an event stream is due');
  return undefined;
}

function parseReply(text: string, target: Target): JsonValue {
  return parseJson(text, { depth: target.limits.depth + 16 });
}

function asUpstreamError(cause: unknown, target: Target): unknown {
  if (isSallyportError(cause))
    return cause.code.startsWith('json') || cause.code === 'limit_exceeded' ? invalid('the target sent a reply that cannot be read', cause) : cause;
  if (cause instanceof TypeError) return invalid('the target sent bytes that are not UTF-8', cause);
  // Whatever was thrown: undici's errors have both, and a member that is not there reads as absent.
  const { name = '', code = '' } = cause as { name?: string; code?: string };
  if (name === 'AbortError') return new SallyportError('upstream_timeout', 'the call was given up because its caller left', { cause });
  if (/TIMEOUT/.test(code) && code !== 'UND_ERR_CONNECT_TIMEOUT')
    return new SallyportError('upstream_timeout', `the target "${target.name}" did not answer in time`, { cause, hint: 'it may still have run' });
  return new SallyportError('upstream_unreachable', `the target "${target.name}" cannot be reached`, { cause, hint: 'try again later, or ask its owner' });
}

function invalid(message: string, cause?: unknown): SallyportError {
  return new SallyportError('upstream_invalid', message, { cause });
}

function one(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
