import { Agent, request } from 'undici';
import { SallyportError } from '../core/error.ts';
import { decodeUtf8, parseJson, type JsonValue } from '../core/json.ts';
import type { Reach } from '../network/address.ts';
import { guardedLookup, refuseHost } from '../network/guarded-lookup.ts';
import { readBounded } from '../network/read-bounded.ts';

/** Reads one JSON document. Throws `upstream_unreachable` or `upstream_invalid`. */
export type FetchJson = (url: URL, reach: Reach) => Promise<JsonValue>;

const MAX_BYTES = 512 * 1024;
const TIMEOUT_MS = 5_000;

/**
 * GET without redirects, environment proxies or a reused connection. The address is checked in the very look-up that the
 * connection uses, so a name that answers differently the second time (DNS rebinding) gains nothing.
 */
export async function fetchJson(url: URL, reach: Reach): Promise<JsonValue> {
  if (!/^https?:$/.test(url.protocol)) throw new SallyportError('upstream_invalid', `${url.protocol} is no way to read a document: http or https`);
  refuseHost(url.hostname, reach);

  const agent = new Agent({ connect: { lookup: guardedLookup(reach), timeout: TIMEOUT_MS } });
  try {
    const reply = await request(url, { dispatcher: agent, headers: { accept: 'application/json' }, signal: AbortSignal.timeout(TIMEOUT_MS) });
    const text = decodeUtf8(await readBounded(reply.body, MAX_BYTES));
    if (reply.statusCode !== 200) throw new SallyportError('upstream_unreachable', `${url.origin} answered with status ${reply.statusCode}`);
    return parseJson(text, { depth: 32 });
  } catch (cause) {
    if (cause instanceof SallyportError) throw cause;
    throw new SallyportError('upstream_unreachable', `${url.origin} could not be read`, { cause });
  } finally {
    await agent.destroy();
  }
}
