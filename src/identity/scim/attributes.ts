import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import { badRequest } from './scim-error.ts';

/** Names of attributes mean the same in any letters (RFC 7643 2.1). One that is given in two spellings is refused. */
export function attributeOf(object: JsonObject, name: string): JsonValue | undefined {
  const found = Object.keys(object).filter((key) => key.toLowerCase() === name.toLowerCase());
  if (found.length > 1) throw badRequest('invalidSyntax', `the attribute ${name} is given more than once`);
  const [key] = found;
  return key === undefined ? undefined : object[key];
}

/** Absent and null are the same (RFC 7643 2.5). */
export function optionalText(object: JsonObject, name: string): string | undefined {
  const value = attributeOf(object, name) ?? undefined;
  if (value === undefined || value === '') return undefined;
  return textOf(value, name);
}

const MAX_TEXT = 1024;

export function textOf(value: JsonValue | undefined, name: string): string {
  if (typeof value !== 'string' || value.length > MAX_TEXT || !value.isWellFormed())
    throw badRequest('invalidValue', `${name} is not a text of at most ${MAX_TEXT} characters`);
  return value;
}

/** Entra writes booleans as `"True"` and `"False"`. */
export function booleanOf(value: JsonValue | undefined, name: string): boolean {
  const text = typeof value === 'string' ? value.toLowerCase() : value;
  if (text === true || text === 'true') return true;
  if (text === false || text === 'false') return false;
  throw badRequest('invalidValue', `${name} is neither true nor false`);
}

export function objectOf(value: JsonValue | undefined, name: string): JsonObject {
  if (!isJsonObject(value)) throw badRequest('invalidSyntax', `${name} is not an object`);
  return value;
}

/** A list, or the one thing that would be in it. */
export function listOf(value: JsonValue | undefined): readonly JsonValue[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? (value as readonly JsonValue[]) : [value];
}
