import { Agent, request } from 'undici';
import { SallyportError } from '../core/error.ts';
import { guardedLookup, refuseHost } from './guarded-lookup.ts';
import { readBounded } from './read-bounded.ts';

export interface Posted {
  readonly status: number;
  readonly body: string;
}

/** One request to a configured address. Throws `upstream_unreachable` where there was no answer. */
export type Post = (
  url: string,
  message: { readonly headers: Readonly<Record<string, string>>; readonly body: string },
  signal: AbortSignal,
) => Promise<Posted>;

const TIMEOUT_MS = 10_000;
const MAX_REPLY_BYTES = 256 * 1024;

/** No redirects, no proxies from the environment, never link-local; the address that was checked is the one that is dialled. */
export const post: Post = async (address, { headers, body }, signal) => {
  const url = new URL(address);
  refuseHost(url.hostname, 'configured');
  const agent = new Agent({ connect: { lookup: guardedLookup('configured'), timeout: TIMEOUT_MS } });
  try {
    const limited = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
    const reply = await request(url, { method: 'POST', dispatcher: agent, headers, body, signal: limited });
    return { status: reply.statusCode, body: (await readBounded(reply.body, MAX_REPLY_BYTES)).toString() };
  } catch (cause) {
    if (cause instanceof SallyportError) throw cause;
    throw new SallyportError('upstream_unreachable', `${url.origin} could not be reached`, { cause });
  } finally {
    await agent.destroy();
  }
};
