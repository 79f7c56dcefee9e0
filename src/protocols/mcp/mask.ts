import type { JsonValue } from '../../core/json.ts';
import { isJsonArray } from '../../core/json.ts';
import type { Masked, Masker } from '../../core/masker.ts';
import { removeControlCharacters } from '../../masking/control-characters.ts';
import { mapValues } from './map-values.ts';
import { MaskWalk, type MaskContext } from './mask-walk.ts';

/**
 * Masks any JSON-RPC message that comes from an MCP server, whatever its era: every member is masked but for those that the
 * protocol needs as they are. Unknown members and extensions are masked as JSON.
 */
export function maskMessage(message: JsonValue, masker: Masker): Masked<JsonValue> {
  return maskWith(message, { masker, schemas: cleanSchema, tokens: cleanToken });
}

/** Masks what a client sends, for the record and for approvers; the message that is forwarded is not touched. */
export function maskRequest(message: JsonValue, masker: Masker): Masked<JsonValue> {
  return maskWith(message, { masker, schemas: asItIs, tokens: asItIs });
}

function maskWith(message: JsonValue, context: MaskContext): Masked<JsonValue> {
  const walk = new MaskWalk(context);
  const value = isJsonArray(message) ? mapValues(message, (item) => walk.envelope(item)) : walk.envelope(message);
  return { value, applied: walk.applied() };
}

const asItIs = (value: JsonValue): Masked<JsonValue> => ({ value, applied: [] });

function cleanToken(token: string): Masked<JsonValue> {
  const { text, removed } = removeControlCharacters(token);
  return removed === 0 ? asItIs(token) : { value: text, applied: [{ by: 'control-characters', name: 'control-characters', count: removed }] };
}

/** Schemas are hashed and compared as they came; only what a reader cannot see is taken out of their strings. */
function cleanSchema(schema: JsonValue): Masked<JsonValue> {
  let removed = 0;
  const clean = (value: JsonValue): JsonValue => {
    if (typeof value !== 'string') return mapValues(value, clean);
    const cleaned = removeControlCharacters(value);
    removed += cleaned.removed;
    return cleaned.text;
  };
  const value = clean(schema);
  return { value, applied: removed === 0 ? [] : [{ by: 'control-characters', name: 'control-characters', count: removed }] };
}
