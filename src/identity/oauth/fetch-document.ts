import { Agent, request } from 'undici';
import { isJsonObject, parseJson } from '../../core/json.ts';
import { SallyportError } from '../../core/error.ts';
import type { Reach } from '../../network/address.ts';
import { guardedLookup, refuseHost, type Lookup } from '../../network/guarded-lookup.ts';
import { readBounded } from '../../network/read-bounded.ts';
import { readMetadata, type Metadata } from './client-metadata.ts';

/** What a client's id or its `jwks_uri` leads to, read for the OAuth server. */
export type FetchDocument = (url: string) => Promise<Response>;

export interface FetchDocumentOptions {
  readonly reach?: Reach;
  readonly lookup?: Lookup;
  /** Of certificates, in PEM; absent: as the system has it. */
  readonly ca?: string;
}

const TIMEOUT_MS = 2_500;
export const MAX_DOCUMENT_BYTES = 32 * 1024;

/**
 * GET over https without redirects, proxies or a connection that was there before. A stranger names the address, so nothing inside
 * is reached, and what the look-up says is checked in the very look-up that the connection uses.
 */
export function documentFetcher({ reach = 'public', lookup, ca }: FetchDocumentOptions = {}): FetchDocument {
  return async (address) => {
    const url = new URL(address);
    if (url.protocol !== 'https:') throw new SallyportError('upstream_invalid', 'documents of clients are read over https only');
    refuseHost(url.hostname, reach);
    const agent = new Agent({ connect: { lookup: guardedLookup(reach, lookup), timeout: TIMEOUT_MS, ...(ca === undefined ? {} : { ca }) } });
    try {
      const signal = AbortSignal.timeout(TIMEOUT_MS);
      const reply = await request(url, { dispatcher: agent, headers: { accept: 'application/json' }, signal });
      const type = String(reply.headers['content-type'] ?? '');
      if (reply.statusCode !== 200) throw new SallyportError('upstream_invalid', `${url.host} answered with status ${reply.statusCode}`);
      if (!/^application\/(?:[a-z0-9.-]+\+)?json\s*(?:;|$)/i.test(type)) throw new SallyportError('upstream_invalid', `${url.host} did not answer with JSON`);
      const text = (await readBounded(reply.body, MAX_DOCUMENT_BYTES)).toString('utf8');
      return Response.json(readDocument(text), { headers: { 'cache-control': String(reply.headers['cache-control'] ?? '') } });
    } finally {
      await agent.destroy();
    }
  };
}

/** A key set as it is, a client's description in the form that the server takes. What two parsers could read differently is refused. */
function readDocument(text: string): unknown {
  const strict = parseJson(text, { depth: 16 });
  // Read a second time into plain values; the strict reader has looked at every key.
  const document = JSON.parse(text) as Metadata;
  if (!isJsonObject(strict) || !Object.hasOwn(strict, 'client_id')) return document;
  // A secret in a public document is refused by the server, so it has to see it.
  const secrets = Object.fromEntries(['client_secret', 'client_secret_expires_at'].filter((name) => name in document).map((name) => [name, document[name]]));
  return { ...readMetadata(document), ...secrets };
}
