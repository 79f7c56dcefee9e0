import { isJsonObject, member, parseJson, type JsonValue } from '../../../core/json.ts';
import { latestOf, type Pin } from './pin.ts';

/** The input schemas of the definitions that may be relied on, by the name of the tool. One that was too long to be kept is not among them. */
export function acceptedSchemas(pins: readonly Pin[]): ReadonlyMap<string, JsonValue> {
  const found = new Map<string, JsonValue>();
  for (const [name, definitions] of Map.groupBy(pins, (pin) => pin.name)) {
    const latest = latestOf(definitions);
    const schema = latest?.status === 'accepted' ? member(parseJson(latest.definition), 'inputSchema') : undefined;
    if (isJsonObject(schema)) found.set(name, schema);
  }
  return found;
}
