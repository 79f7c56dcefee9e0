import { createHash } from 'node:crypto';
import { Ajv, type ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { RE2JS } from 're2js';
import { canonicalJson } from '../../core/canonical.ts';
import type { Command } from '../../core/command.ts';
import { isJsonArray, isJsonObject, JsonNumber, member, type JsonObject, type JsonValue } from '../../core/json.ts';
import type { Target } from '../../core/target.ts';
import { isCleanName } from './codec.ts';
import { markedHeaders } from './marked-headers.ts';

/** One tool as its server declared it. */
export interface Tool {
  readonly name: string;
  /** SHA-256, hex, of what the model and the gateway rely on: name, texts, schemas, annotations. */
  readonly hash: string;
  readonly destructive: boolean;
  readonly openWorld: boolean;
  /** It can only be called as a task of revision 2025-11-25. */
  readonly taskOnly?: boolean;
  /** Arguments that are repeated in headers: `Mcp-Param-<key>`, lower case, by path into the arguments. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
  readonly schema: JsonObject;
  /** What is remarkable about its definition, for the record and the risk. */
  readonly flags?: readonly string[];
  /** Set where its definition may not be relied on yet. */
  readonly quarantine?: NonNullable<Command['quarantine']>;
}

const PINNED = ['name', 'title', 'description', 'inputSchema', 'outputSchema', 'annotations', 'execution'];
const MAX_SCHEMA = 256 << 10;

/** What two names could differ in without a reader seeing it: format and control characters, separators, private use, space around. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}]|^\s|\s$/u;

/** A tool of a `tools/list` result, or undefined where it may not be shown: no clean name, headers that cannot be. */
export function readTool(value: JsonValue): Tool | undefined {
  const name = member(value, 'name');
  if (typeof name !== 'string' || name === '' || name.length > 256 || !isCleanName(name) || UNSEEN.test(name)) return undefined;
  const schema = member(value, 'inputSchema');
  if (!isJsonObject(schema)) return undefined;
  const headers = markedHeaders(schema);
  if (headers === undefined) return undefined;
  const pinned = Object.fromEntries(PINNED.map((key) => [key, member(value, key) ?? null]));
  const annotations = member(value, 'annotations');
  return {
    name,
    hash: createHash('sha256').update(canonicalJson(pinned)).digest('hex'),
    destructive: member(annotations, 'destructiveHint') === true,
    openWorld: member(annotations, 'openWorldHint') === true,
    taskOnly: member(member(value, 'execution'), 'taskSupport') === 'required',
    headers,
    schema,
  };
}

/** The members that are pinned, as they came; absent ones are absent. */
export function definitionOf(value: JsonValue): JsonObject {
  return Object.fromEntries(
    PINNED.flatMap((key) => {
      const part = member(value, key);
      return part === undefined ? [] : [[key, part]];
    }),
  );
}

/** Why these arguments cannot be given to this tool, or undefined. */
export type ArgumentCheck = (args: JsonValue) => string | undefined;

/** Compiles the check of one tool's arguments: its schema, undeclared members, leading dashes. */
export function argumentCheck(tool: Tool, target: Pick<Target, 'extraArguments' | 'leadingDash'>): ArgumentCheck {
  const validate = compileSchema(tool.schema);
  if (validate === undefined) return () => 'the schema of this tool cannot be used, so its arguments cannot be checked';
  return (args) => {
    if (!validate(holdsExact(args) ? plain(args) : args)) return `arguments do not fit the tool's schema: ${schemaErrors(validate)}`;
    if (target.extraArguments === 'refuse') {
      const extra = undeclared(tool.schema, args);
      if (extra !== undefined) return `argument ${JSON.stringify(extra.slice(0, 80))} is not declared by the tool`;
    }
    if (target.leadingDash === 'refuse') {
      const dash = holdsDash(args) ? leadingDash(tool.schema, args, []) : undefined;
      if (dash !== undefined) return `argument ${JSON.stringify(dash.slice(0, 80))} begins with "-", which a program could read as an option`;
    }
    return undefined;
  };
}

const options = {
  strict: false,
  allErrors: false,
  validateFormats: false,
  logger: false,
  // A server's pattern is foreign input: linear time only.
  code: { regExp: Object.assign((pattern: string, flags: string) => linearRegExp(pattern, flags), { code: 'linearRegExp' }) },
} as const;

function compileSchema(schema: JsonObject): ValidateFunction | undefined {
  if (canonicalJson(schema).length > MAX_SCHEMA) return undefined;
  try {
    const draft = member(schema, '$schema');
    const Dialect = typeof draft === 'string' && /draft-0[4-7]/.test(draft) ? Ajv : Ajv2020;
    const { $schema: _dialect, $id: _id, ...rest } = schema;
    // ajv reads plain JSON; numbers in schemas that a double cannot hold are compared as doubles.
    return new Dialect(options).compile(plain(rest) as object);
  } catch {
    return undefined;
  }
}

function linearRegExp(pattern: string, _flags: string): { test(text: string): boolean; toString(): string } {
  const compiled = RE2JS.compile(RE2JS.translateRegExp(pattern));
  // ajv keeps compiled patterns by their text: without it, all would be one.
  return { test: (text) => compiled.matcher(text).find(), toString: () => pattern };
}

function schemaErrors(validate: ValidateFunction): string {
  return (validate.errors ?? [])
    .map((error) => `${error.instancePath || 'arguments'} ${error.message ?? 'is not valid'}`)
    .join('; ')
    .slice(0, 300);
}

/** The first top-level argument that no `properties` or `patternProperties` declares. */
function undeclared(schema: JsonObject, args: JsonValue): string | undefined {
  if (!isJsonObject(args) || member(schema, 'patternProperties') !== undefined) return undefined;
  const properties = member(schema, 'properties');
  return Object.keys(args).find((key) => member(properties, key) === undefined);
}

/** Whether any string begins with a dash: nearly never, and then nothing needs a path. */
function holdsDash(value: JsonValue): boolean {
  if (typeof value === 'string') return value.startsWith('-');
  if (isJsonArray(value)) return value.some(holdsDash);
  return isJsonObject(value) && Object.keys(value).some((key) => holdsDash(value[key] ?? null));
}

/** The path of the first string that begins with a dash where the schema names no pattern, enum or const for it. */
function leadingDash(schema: JsonValue | undefined, value: JsonValue, path: readonly string[]): string | undefined {
  if (typeof value === 'string') {
    const bounded = ['pattern', 'enum', 'const'].some((key) => member(schema, key) !== undefined);
    return value.startsWith('-') && !bounded && !/^-\d+(?:\.\d+)?$/.test(value) ? path.join('.') : undefined;
  }
  if (isJsonArray(value)) return firstOf(value, (each, at) => leadingDash(member(schema, 'items'), each, [...path, String(at)]));
  if (!isJsonObject(value)) return undefined;
  return firstOf(Object.keys(value), (key) => leadingDash(member(member(schema, 'properties'), key), value[key] ?? null, [...path, key]));
}

function firstOf<T, R>(items: readonly T[], find: (item: T, at: number) => R | undefined): R | undefined {
  for (const [at, item] of items.entries()) {
    const found = find(item, at);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Whether there is a number that is kept as its text: nearly never, and then nothing is copied for a reader that only reads. */
function holdsExact(value: JsonValue): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (value instanceof JsonNumber) return true;
  if (isJsonArray(value)) return value.some(holdsExact);
  return Object.keys(value).some((key) => holdsExact(value[key] ?? null));
}

/** The value with numbers as doubles, for a reader that knows no others. Own members stay own (`__proto__` too). */
function plain(value: JsonValue): unknown {
  if (value instanceof JsonNumber) return Number(value.text);
  if (isJsonArray(value)) return value.map(plain);
  if (!isJsonObject(value)) return value;
  const object: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    const own = plain(value[key] ?? null);
    // Defining costs ten times as much as setting, and this runs for every call.
    if (key === '__proto__') Object.defineProperty(object, key, { value: own, enumerable: true, writable: true, configurable: true });
    else object[key] = own;
  }
  return object;
}
