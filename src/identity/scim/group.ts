import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import { attributeOf, listOf, optionalText, textOf } from './attributes.ts';
import { identity } from './client.ts';
import type { Filter } from './filter.ts';
import type { Operation } from './patch.ts';
import { badRequest } from './scim-error.ts';
import { externalIdOf } from './user.ts';

export interface ScimGroup {
  readonly displayName: string;
  readonly externalId: string | undefined;
  /** Ids of users. */
  readonly members: ReadonlySet<string>;
}

const MAX_MEMBERS = 20_000;

/** A whole group, as POST and PUT have it. */
export function readGroup(body: JsonObject): ScimGroup {
  return {
    displayName: identity(optionalText(body, 'displayName'), 'displayName'),
    externalId: externalIdOf(optionalText(body, 'externalId')),
    members: new Set(memberIds(attributeOf(body, 'members'))),
  };
}

export function patchGroup(group: ScimGroup, operations: readonly Operation[]): ScimGroup {
  const patched = operations.reduce(patchOne, group);
  if (patched.members.size > MAX_MEMBERS) throw badRequest('tooMany', `a group has more than ${MAX_MEMBERS} members`);
  return patched;
}

function patchOne(group: ScimGroup, operation: Operation): ScimGroup {
  const { op, path, value } = operation;
  const gone = op === 'remove' || value === null;
  switch (path.attribute.toLowerCase()) {
    case 'displayname':
      return { ...group, displayName: identity(gone ? undefined : textOf(value, 'displayName'), 'displayName') };
    case 'externalid':
      return { ...group, externalId: externalIdOf(gone ? undefined : textOf(value, 'externalId')) };
    case 'members':
      return { ...group, members: patchMembers(group.members, operation) };
    case 'id':
    case 'schemas':
    case 'meta':
      return group;
    default:
      throw badRequest('invalidPath', 'a group has no such attribute; see /scim/v2/Schemas');
  }
}

function patchMembers(members: ReadonlySet<string>, { op, path, value }: Operation): ReadonlySet<string> {
  if (path.part !== undefined) throw badRequest('invalidPath', 'members are added and removed, not changed');
  if (path.filter) return op === 'remove' ? members.difference(new Set(filteredIds(path.filter))) : unknownTarget();
  const given = new Set(memberIds(value));
  if (op === 'add') return members.union(given);
  // A remove with a value takes these out, as Entra and Okta write it; one without, everybody.
  if (op === 'remove') return value === undefined || value === null ? new Set() : members.difference(given);
  return given;
}

function unknownTarget(): never {
  throw badRequest('noTarget', 'members are added by their values');
}

/** `members[value eq "..."]`, several of them with `or`. */
function filteredIds(filter: Filter): readonly string[] {
  if (filter.kind === 'or') return [...filteredIds(filter.left), ...filteredIds(filter.right)];
  const isValue = filter.kind === 'compare' && filter.operator === 'eq' && filter.path.join('.').toLowerCase() === 'value';
  if (!isValue || typeof filter.value !== 'string') throw badRequest('invalidFilter', 'members are found by `value eq "<id>"`');
  return [filter.value];
}

function memberIds(value: JsonValue | undefined): readonly string[] {
  const list = listOf(value);
  if (list.length > MAX_MEMBERS) throw badRequest('tooMany', `a group has more than ${MAX_MEMBERS} members`);
  return list.map((member) => {
    if (!isJsonObject(member)) return textOf(member, 'members.value');
    const type = optionalText(member, 'type');
    if (type !== undefined && type.toLowerCase() !== 'user')
      throw badRequest('invalidValue', 'groups in groups are not kept: have the provider send the people');
    return textOf(attributeOf(member, 'value'), 'members.value');
  });
}
