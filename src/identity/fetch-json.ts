import { parseJson, type JsonValue } from '../core/json.ts';
import type { Reach } from '../network/address.ts';
import { fetchText } from './fetch-text.ts';

/** Reads one JSON document. Throws `upstream_unreachable` or `upstream_invalid`. */
export type FetchJson = (url: URL, reach: Reach) => Promise<JsonValue>;

const KIND = { accept: 'application/json', limit: 512 * 1024 };

/** As `fetchText` does it. */
export async function fetchJson(url: URL, reach: Reach): Promise<JsonValue> {
  return parseJson(await fetchText(url, reach, KIND), { depth: 32 });
}
