import { isJsonArray, isJsonObject, member, type JsonObject, type JsonValue } from '../../core/json.ts';

const PRIMITIVES = ['string', 'integer', 'boolean'];
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/**
 * `x-mcp-header` of a schema, or undefined where one is not as revision 2026-07-28 allows: a token, unique without
 * regard to case, on a primitive reached through `properties` alone.
 */
export function markedHeaders(schema: JsonObject): Map<string, readonly string[]> | undefined {
  const found = new Map<string, readonly string[]>();
  const visit = (value: JsonValue, path: readonly string[] | undefined): boolean => {
    if (isJsonArray(value)) return value.every((each) => visit(each, undefined));
    if (!isJsonObject(value)) return true;
    const marked = member(value, 'x-mcp-header');
    if (marked !== undefined && !note(marked, value, path)) return false;
    return Object.keys(value).every((key) => {
      const child = value[key] ?? null;
      if (key !== 'properties' || path === undefined || !isJsonObject(child)) return visit(child, undefined);
      return Object.keys(child).every((name) => visit(child[name] ?? null, [...path, name]));
    });
  };
  const note = (marked: JsonValue, owner: JsonObject, path: readonly string[] | undefined): boolean => {
    if (path === undefined || path.length === 0 || typeof marked !== 'string' || !TOKEN.test(marked)) return false;
    if (!PRIMITIVES.some((type) => member(owner, 'type') === type)) return false;
    if (found.has(marked.toLowerCase())) return false;
    found.set(marked.toLowerCase(), path);
    return true;
  };
  return visit(schema, []) ? found : undefined;
}
