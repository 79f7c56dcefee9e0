/**
 * What is known of a tool's arguments, for the check of `when`: JSON schema as types of CEL. What a schema leaves open has
 * the type `dyn`, of which nothing is said.
 */
import { isJsonArray, isJsonObject, member, type JsonObject, type JsonValue } from '../core/json.ts';

/** A type of CEL, or the members of a mapping. */
export type ArgumentType = string | { readonly [name: string]: ArgumentType };
export type ArgumentTypes = { readonly [name: string]: ArgumentType };

const MAX_DEPTH = 8;
const MAX_MEMBERS = 500;
/** With one of these the members that `properties` names are not all, or not sure. */
const COMPOSED = ['$ref', '$dynamicRef', 'allOf', 'anyOf', 'oneOf', 'if', 'patternProperties', 'dependentSchemas', 'unevaluatedProperties'];

/** The types of a tool's arguments; undefined where its schema does not say which there are. */
export function argumentTypes(inputSchema: JsonValue): ArgumentTypes | undefined {
  const type = membersOf(inputSchema, 0);
  return typeof type === 'object' ? type : undefined;
}

function membersOf(schema: JsonValue, depth: number): ArgumentType {
  const properties = member(schema, 'properties');
  if (!isJsonObject(schema) || !isJsonObject(properties) || depth > MAX_DEPTH || isOpen(schema)) return 'dyn';
  const names = Object.keys(properties);
  if (names.length === 0 || names.length > MAX_MEMBERS || names.some((name) => name in Object.prototype)) return 'dyn';
  return Object.fromEntries(names.map((name) => [name, typeOf(properties[name] ?? null, depth + 1)]));
}

/** A schema that says of other members what they are takes them; one that says nothing of them does not mean them. */
function isOpen(schema: JsonObject): boolean {
  const others = member(schema, 'additionalProperties');
  return others === true || isJsonObject(others) || COMPOSED.some((key) => member(schema, key) !== undefined);
}

function typeOf(schema: JsonValue, depth: number): ArgumentType {
  if (COMPOSED.some((key) => member(schema, key) !== undefined)) return 'dyn';
  switch (member(schema, 'type')) {
    case 'string':
      return 'string';
    case 'number':
    case 'integer':
      return 'double';
    case 'boolean':
      return 'bool';
    case 'array':
      return listOf(member(schema, 'items'), depth);
    case 'object':
      return membersOf(schema, depth);
    default:
      return 'dyn';
  }
}

function listOf(items: JsonValue | undefined, depth: number): string {
  if (items === undefined || isJsonArray(items) || depth > MAX_DEPTH) return 'list<dyn>';
  const type = typeOf(items, depth + 1);
  return `list<${typeof type === 'string' ? type : 'dyn'}>`;
}

const WORDS: Readonly<Record<string, string>> = { double: 'number', bool: 'true or false', dyn: 'anything', string: 'string' };

/** `rows: number, name: string`, for messages. */
export function describeTypes(types: ArgumentTypes): string {
  const shown = Object.entries(types).slice(0, 12);
  const rest = Object.keys(types).length - shown.length;
  return `${shown.map(([name, type]) => `${name}: ${describe(type)}`).join(', ')}${rest > 0 ? `, and ${rest} more` : ''}`;
}

function describe(type: ArgumentType): string {
  if (typeof type !== 'string') return 'mapping';
  return WORDS[type] ?? 'list';
}
