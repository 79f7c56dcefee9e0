import { Agent, request } from 'undici';
import { SallyportError } from '../core/error.ts';
import type { Reach } from './address.ts';
import { guardedLookup, refuseHost } from './guarded-lookup.ts';
import { readBounded } from './read-bounded.ts';

export interface Question {
  readonly url: string;
  readonly method?: 'GET' | 'POST' | 'PUT';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly reach: Reach;
  readonly signal?: AbortSignal;
}

export interface Answer {
  readonly status: number;
  /** By lower-case name; where one came several times, the first. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** One small request. Throws `upstream_unreachable` where there was no answer, `upstream_invalid` where it is too long. */
export type Ask = (question: Question) => Promise<Answer>;

const TIMEOUT_MS = 10_000;
const MAX_REPLY_BYTES = 256 * 1024;

/** No redirects, no proxies from the environment, never link-local; the address that was checked is the one that is dialled. */
export const ask: Ask = async ({ url: address, method = 'GET', headers = {}, body, reach, signal }) => {
  const url = new URL(address);
  if (!/^https?:$/.test(url.protocol)) throw new SallyportError('upstream_invalid', `${url.protocol} is no way to ask: http or https`);
  refuseHost(url.hostname, reach);
  const agent = new Agent({ connect: { lookup: guardedLookup(reach), timeout: TIMEOUT_MS } });
  try {
    const limit = AbortSignal.timeout(TIMEOUT_MS);
    const limited = signal ? AbortSignal.any([signal, limit]) : limit;
    const reply = await request(url, { method, dispatcher: agent, headers, ...(body === undefined ? {} : { body }), signal: limited });
    return { status: reply.statusCode, headers: firstOfEach(reply.headers), body: (await readBounded(reply.body, MAX_REPLY_BYTES)).toString() };
  } catch (cause) {
    if (cause instanceof SallyportError) throw cause;
    throw new SallyportError('upstream_unreachable', `${url.origin} could not be reached`, { cause });
  } finally {
    await agent.destroy();
  }
};

function firstOfEach(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), (Array.isArray(value) ? value[0] : value) ?? '']));
}
