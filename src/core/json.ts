import { SallyportError } from './error.ts';
import { readJson } from './json-reader.ts';
import type { JsonValue } from './json-value.ts';
import { readUsualJson } from './usual-json.ts';

export { isJsonArray, isJsonObject, JsonNumber, member, type JsonObject, type JsonValue } from './json-value.ts';

/**
 * JSON read once and strictly, so that policy and target cannot read two things: duplicate keys, bad UTF-8, a byte
 * order mark, text after the value and deep nesting are refused. A number that a double would change keeps its source text.
 */
export interface JsonLimits {
  readonly depth: number;
}

const DEFAULT: JsonLimits = { depth: 256 };
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Bytes of a message as text. Throws `json_invalid` for bytes that are not UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    throw new SallyportError('json_invalid', 'the text is not valid UTF-8', { cause });
  }
}

/** Throws `json_invalid` (syntax), `json_ambiguous` (duplicate key) or `limit_exceeded` (nesting), with the offset. */
export function parseJson(text: string, limits: JsonLimits = DEFAULT): JsonValue {
  const usual = readUsualJson(text, limits.depth);
  return usual === undefined ? readJson(text, limits.depth) : usual;
}

export function writeJson(value: JsonValue): string {
  return JSON.stringify(value);
}
