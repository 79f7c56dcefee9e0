import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';

/** The text that a reader sees of a block, of an embedded resource, or of a message with one block. */
export function textOf(block: JsonValue): string | undefined {
  if (typeof block === 'string') return block;
  if (!isJsonObject(block)) return undefined;
  if (Object.hasOwn(block, 'text') && typeof block['text'] === 'string') return block['text'];
  const inner = Object.hasOwn(block, 'resource') ? block['resource'] : Object.hasOwn(block, 'content') ? block['content'] : undefined;
  return isJsonObject(inner) ? textOf(inner) : typeof inner === 'string' ? inner : undefined;
}

export const hasText = (block: JsonObject): boolean => Object.hasOwn(block, 'text') && typeof block['text'] === 'string';

export function typeOf(block: JsonValue): string | undefined {
  if (!isJsonObject(block) || !Object.hasOwn(block, 'type')) return undefined;
  return typeof block['type'] === 'string' ? block['type'] : undefined;
}
