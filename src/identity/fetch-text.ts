import { Agent, request } from 'undici';
import { SallyportError } from '../core/error.ts';
import { decodeUtf8 } from '../core/json.ts';
import type { Reach } from '../network/address.ts';
import { guardedLookup, refuseHost } from '../network/guarded-lookup.ts';
import { readBounded } from '../network/read-bounded.ts';

export interface FetchedKind {
  readonly accept: string;
  /** Bytes that it may have. */
  readonly limit: number;
}

const TIMEOUT_MS = 5_000;

/**
 * GET of one document, without redirects, environment proxies or a reused connection. The address is checked in the very look-up that the
 * connection uses, so a name that answers differently the second time (DNS rebinding) gains nothing. Throws `upstream_unreachable` or `upstream_invalid`.
 */
export async function fetchText(url: URL, reach: Reach, { accept, limit }: FetchedKind): Promise<string> {
  if (!/^https?:$/.test(url.protocol)) throw new SallyportError('upstream_invalid', `${url.protocol} is no way to read a document: http or https`);
  refuseHost(url.hostname, reach);

  const agent = new Agent({ connect: { lookup: guardedLookup(reach), timeout: TIMEOUT_MS } });
  try {
    const reply = await request(url, { dispatcher: agent, headers: { accept }, signal: AbortSignal.timeout(TIMEOUT_MS) });
    const text = decodeUtf8(await readBounded(reply.body, limit));
    if (reply.statusCode !== 200) throw new SallyportError('upstream_unreachable', `${url.origin} answered with status ${reply.statusCode}`);
    return text;
  } catch (cause) {
    if (cause instanceof SallyportError) throw cause;
    throw new SallyportError('upstream_unreachable', `${url.origin} could not be read`, { cause });
  } finally {
    await agent.destroy();
  }
}
