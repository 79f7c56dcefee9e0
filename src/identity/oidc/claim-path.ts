import { isJsonObject, member, type JsonObject, type JsonValue } from '../../core/json.ts';

/** A claim by its name, which may itself have dots (`https://example.com/groups`), else by its path: `realm_access.roles`. */
export function claimAt(claims: JsonObject, path: string): JsonValue | undefined {
  const named = member(claims, path);
  if (named !== undefined) return named;
  return path.split('.').reduce<JsonValue | undefined>((value, name) => (isJsonObject(value) ? member(value, name) : undefined), claims);
}
