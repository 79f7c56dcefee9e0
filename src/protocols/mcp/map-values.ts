import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';

/** The same array or object when no value in it changed; a scalar as it is. */
export function mapValues(value: JsonValue, map: (value: JsonValue, at: number) => JsonValue): JsonValue {
  if (isJsonArray(value)) return mapItems(value, map);
  return isJsonObject(value) ? mapMembers(value, map) : value;
}

export function mapItems(items: readonly JsonValue[], map: (item: JsonValue, at: number) => JsonValue): readonly JsonValue[] {
  let copy: JsonValue[] | undefined;
  for (let at = 0; at < items.length; at += 1) {
    const item = items[at] ?? null;
    const mapped = map(item, at);
    if (mapped !== item) copy ??= items.slice(0, at);
    copy?.push(mapped);
  }
  return copy ?? items;
}

function mapMembers(object: JsonObject, map: (value: JsonValue, at: number) => JsonValue): JsonObject {
  const entries = Object.entries(object).map(([key, value], at): [string, JsonValue] => [key, map(value, at)]);
  return entries.every(([key, value]) => object[key] === value) ? object : Object.fromEntries(entries);
}
