import { Agent, request } from 'undici';
import { SallyportError } from '../../core/error.ts';
import { decodeUtf8, parseJson } from '../../core/json.ts';
import type { Lookup } from '../../network/guarded-lookup.ts';
import { guardedLookup, refuseHost } from '../../network/guarded-lookup.ts';
import { readBounded } from '../../network/read-bounded.ts';

/** The part of `fetch` that is used to speak with a provider. */
export type ProviderFetch = (url: string, options: ProviderRequest) => Promise<Response>;

export interface ProviderRequest {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
}

const MAX_BYTES = 512 * 1024;
const TIMEOUT_MS = 8_000;

/**
 * Requests to a provider: no redirects, no proxies of the environment, a bound for the reply and its time, and the address
 * that was checked is the one that is dialled. `configured` are the hosts that the operator wrote; all others are addresses
 * that some document named, and are reached by TLS and only where they are public. JSON is read strictly before anybody sees it.
 */
export function guardedFetch(configured: readonly string[], lookup?: Lookup): ProviderFetch {
  const hosts = new Set(configured.map((url) => new URL(url).hostname));
  return async (address, { method, headers, body, signal }) => {
    const url = new URL(address);
    const reach = hosts.has(url.hostname) ? 'configured' : 'public';
    if (url.protocol !== 'https:' && !(url.protocol === 'http:' && reach === 'configured'))
      throw new SallyportError('upstream_invalid', `${url.origin} is not reached by TLS`);
    refuseHost(url.hostname, reach);
    const agent = new Agent({ connect: { lookup: guardedLookup(reach, lookup), timeout: TIMEOUT_MS } });
    try {
      const limit = AbortSignal.any([AbortSignal.timeout(TIMEOUT_MS), ...(signal ? [signal] : [])]);
      const reply = await request(url, { method: method === 'POST' ? 'POST' : 'GET', headers, body: textOf(body), dispatcher: agent, signal: limit });
      const bytes = await readBounded(reply.body, MAX_BYTES);
      const type = String(reply.headers['content-type'] ?? '');
      if (/^application\/(?:[\w.+-]+\+)?json\b/i.test(type)) parseJson(decodeUtf8(bytes), { depth: 32 });
      const status = reply.statusCode;
      return new Response(status === 204 || status === 304 ? null : new Uint8Array(bytes), { status, headers: { 'content-type': type } });
    } catch (cause) {
      if (cause instanceof SallyportError) throw cause;
      throw new SallyportError('upstream_unreachable', `${url.origin} could not be reached`, { cause });
    } finally {
      await agent.destroy();
    }
  };
}

const textOf = (body: unknown): string | null => (typeof body === 'string' ? body : body instanceof URLSearchParams ? body.toString() : null);
