import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import { attributeOf, listOf, textOf } from './attributes.ts';
import { parseFilter, pathOf, type Filter } from './filter.ts';
import { badRequest } from './scim-error.ts';

/** One change of a PATCH (RFC 7644 3.5.2), its path taken apart. */
export interface Operation {
  readonly op: 'add' | 'replace' | 'remove';
  readonly path: OperationPath;
  readonly value: JsonValue | undefined;
}

export interface OperationPath {
  readonly attribute: string;
  /** Which elements of a list: `members[value eq "..."]`. */
  readonly filter?: Filter;
  /** A part of it: `name.givenName`, `emails[...].value`. */
  readonly part?: string;
}

const MAX_OPERATIONS = 1_000;

/** Every operation with one path: what came without is one operation for each attribute of its value. Throws `usage`. */
export function readOperations(body: JsonObject): readonly Operation[] {
  const list = listOf(attributeOf(body, 'Operations'));
  if (list.length === 0 || list.length > MAX_OPERATIONS) throw badRequest('invalidSyntax', `a PATCH has 1 to ${MAX_OPERATIONS} operations`);
  return list.flatMap(readOperation);
}

function readOperation(value: JsonValue): readonly Operation[] {
  if (!isJsonObject(value)) throw badRequest('invalidSyntax', 'an operation is not an object');
  const op = readOp(attributeOf(value, 'op'));
  const given = attributeOf(value, 'value');
  const path = attributeOf(value, 'path') ?? undefined;
  if (path !== undefined && path !== '') return [{ op, path: readPath(textOf(path, 'path')), value: given }];
  if (op === 'remove') throw badRequest('noTarget', 'a remove has no path');
  if (!isJsonObject(given)) throw badRequest('invalidValue', 'an operation without a path has no object of attributes as its value');
  // Entra writes paths as names: { "name.givenName": "Ada" }.
  return Object.entries(given).map(([name, each]) => ({ op, path: readPath(name), value: each }));
}

/** Entra writes `Add`, `Replace` and `Remove`. */
function readOp(value: JsonValue | undefined): Operation['op'] {
  const op = typeof value === 'string' ? value.toLowerCase() : '';
  if (op === 'add' || op === 'replace' || op === 'remove') return op;
  throw badRequest('invalidSyntax', 'an operation is none of add, replace and remove');
}

const WITH_FILTER = /^([A-Za-z][\w:.-]*)\[(.*)\](?:\.([A-Za-z$][\w$-]*))?$/s;

function readPath(text: string): OperationPath {
  try {
    const [, name, filter, sub] = WITH_FILTER.exec(text) ?? [];
    const [attribute = '', part] = schemaPath(name ?? text);
    if (filter === undefined) return { attribute, ...(part === undefined ? {} : { part }) };
    return { attribute, filter: parseFilter(filter), ...(sub === undefined ? {} : { part: sub }) };
  } catch {
    throw badRequest('invalidPath', 'a path is malformed');
  }
}

/** An attribute of an extension keeps its URN, so that it is never taken for one of the core schema. */
function schemaPath(text: string): readonly string[] {
  return /^urn:(?!ietf:params:scim:schemas:core:2\.0:)/i.test(text) ? [text] : pathOf(text);
}
