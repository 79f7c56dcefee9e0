import { isJsonObject, type JsonValue } from '../../core/json.ts';
import { booleanOf, listOf, textOf } from './attributes.ts';
import { identity } from './client.ts';
import { matches } from './filter.ts';
import type { Operation } from './patch.ts';
import { badRequest } from './scim-error.ts';
import { externalIdOf, isNotKept, NAME_PARTS, readEmails, readName, type ScimUser } from './user.ts';

/** All operations in their order, or none. Throws `usage`: what a client wants changed and nobody understands is never passed over. */
export function patchUser(user: ScimUser, operations: readonly Operation[]): ScimUser {
  return operations.reduce(patchOne, user);
}

function patchOne(user: ScimUser, operation: Operation): ScimUser {
  const { op, path, value } = operation;
  const gone = op === 'remove' || value === null;
  switch (path.attribute.toLowerCase()) {
    case 'username':
      return { ...user, userName: identity(gone ? undefined : textOf(plain(operation), 'userName'), 'userName') };
    case 'externalid':
      return { ...user, externalId: externalIdOf(gone ? undefined : textOf(plain(operation), 'externalId')) };
    case 'displayname':
      return { ...user, displayName: gone ? undefined : textOf(plain(operation), 'displayName') };
    case 'active':
      // Whoever takes the mark away does not say what is meant; nobody is let in by that.
      return { ...user, active: gone ? false : booleanOf(plain(operation), 'active') };
    case 'name':
      return { ...user, name: patchName(user.name, operation) };
    case 'emails':
      return { ...user, emails: patchEmails(user.emails, operation) };
    default:
      if (isNotKept(path.attribute)) return user;
      throw badRequest('invalidPath', 'a user has no such attribute; see /scim/v2/Schemas');
  }
}

function plain({ path, value }: Operation): JsonValue | undefined {
  if (path.filter || path.part !== undefined) throw badRequest('invalidPath', `${path.attribute} is one value`);
  return value;
}

function patchName(name: ScimUser['name'], { op, path, value }: Operation): ScimUser['name'] {
  if (path.part === undefined) return op === 'add' ? { ...name, ...readName(value) } : readName(op === 'remove' ? null : value);
  const part = NAME_PARTS.find((one) => one.toLowerCase() === path.part?.toLowerCase());
  if (part === undefined) return name;
  const { [part]: _old, ...others } = name;
  return op === 'remove' || value === null ? others : { ...others, [part]: textOf(value, `name.${part}`) };
}

function patchEmails(emails: ScimUser['emails'], { op, path, value }: Operation): ScimUser['emails'] {
  if (!path.filter) return patchAllEmails(emails, op, value);
  const { filter, part } = path;
  const fits = (email: ScimUser['emails'][number]): boolean => matches(filter, { ...email });
  if (op === 'remove' && part === undefined) return emails.filter((email) => !fits(email));
  const change = part === undefined ? value : { [part]: value ?? null };
  if (!isJsonObject(change)) throw badRequest('invalidValue', 'an e-mail address is not an object');
  // A path that fits nothing makes what it describes: Entra sets `emails[type eq "work"].value` on users who have none.
  const made = filter.kind === 'compare' && filter.operator === 'eq' ? { [filter.path[0] ?? '']: filter.value } : {};
  if (!emails.some(fits)) return [...emails, ...readEmails([{ ...made, ...change }])];
  return emails.flatMap((email) => (fits(email) ? readEmails([{ ...email, ...change }]) : [email]));
}

function patchAllEmails(emails: ScimUser['emails'], op: Operation['op'], value: JsonValue | undefined): ScimUser['emails'] {
  if (op === 'remove') return [];
  const given = readEmails(listOf(value));
  return op === 'replace'
    ? given
    : readEmails([...emails.filter((one) => !given.some((other) => other.value === one.value)), ...given].map((email) => ({ ...email })));
}
