import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import { attributeOf, booleanOf, listOf, objectOf, optionalText, textOf } from './attributes.ts';
import { identity } from './client.ts';
import { badRequest } from './scim-error.ts';

/** What is kept of a user. Everything else that clients send is read over: this is no address book. */
export interface ScimUser {
  readonly userName: string;
  readonly externalId: string | undefined;
  readonly active: boolean;
  readonly displayName: string | undefined;
  readonly name: Readonly<Record<string, string>>;
  readonly emails: readonly ScimEmail[];
}

export interface ScimEmail {
  readonly value: string;
  readonly type?: string;
  readonly primary?: boolean;
}

export const NAME_PARTS = ['formatted', 'familyName', 'givenName', 'middleName'] as const;
const MAX_EMAILS = 20;

/** Of RFC 7643 and its enterprise extension: sent by clients with their defaults, and not kept. Any other name is a mistake, and told. */
const NOT_KEPT = new Set(
  'id schemas meta groups password nickName profileUrl title userType preferredLanguage locale timezone phoneNumbers ims photos addresses entitlements roles x509Certificates employeeNumber costCenter organization division department manager'
    .toLowerCase()
    .split(' '),
);

export const isNotKept = (name: string): boolean => NOT_KEPT.has(name.toLowerCase()) || /^urn:/i.test(name);

/** A whole user, as POST and PUT have it. `active` where it is not said stays what it was: leaving it out lets nobody back in. */
export function readUser(body: JsonObject, active: boolean): ScimUser {
  for (const key of Object.keys(body))
    if (!isNotKept(key) && !KEPT.has(key.toLowerCase())) throw badRequest('invalidSyntax', 'a user has no such attribute; see /scim/v2/Schemas');
  const said = attributeOf(body, 'active') ?? undefined;
  return {
    userName: identity(optionalText(body, 'userName'), 'userName'),
    externalId: externalIdOf(optionalText(body, 'externalId')),
    active: said === undefined ? active : booleanOf(said, 'active'),
    displayName: optionalText(body, 'displayName'),
    name: readName(attributeOf(body, 'name')),
    emails: readEmails(attributeOf(body, 'emails')),
  };
}

const KEPT = new Set(['username', 'externalid', 'active', 'displayname', 'name', 'emails']);

export const externalIdOf = (value: string | undefined): string | undefined => (value === undefined ? undefined : identity(value, 'externalId'));

export function readName(value: JsonValue | undefined): ScimUser['name'] {
  if (value === undefined || value === null) return {};
  const name = objectOf(value, 'name');
  const parts = NAME_PARTS.map((part) => [part, optionalText(name, part)] as const);
  return Object.fromEntries(parts.filter((part): part is readonly [(typeof NAME_PARTS)[number], string] => part[1] !== undefined));
}

export function readEmails(value: JsonValue | undefined): readonly ScimEmail[] {
  const list = listOf(value);
  if (list.length > MAX_EMAILS) throw badRequest('invalidValue', `a user has more than ${MAX_EMAILS} e-mail addresses`);
  return list.map(readEmail);
}

function readEmail(value: JsonValue): ScimEmail {
  if (!isJsonObject(value)) throw badRequest('invalidValue', 'an e-mail address is not an object');
  const [type, primary] = [optionalText(value, 'type'), attributeOf(value, 'primary') ?? undefined];
  return {
    value: textOf(attributeOf(value, 'value'), 'emails.value'),
    ...(type === undefined ? {} : { type }),
    ...(primary === undefined ? {} : { primary: booleanOf(primary, 'emails.primary') }),
  };
}

/** As JSON, without what only the server says. */
export function writeUser({ userName, externalId, active, displayName, name, emails }: ScimUser): JsonObject {
  return {
    userName,
    ...(externalId === undefined ? {} : { externalId }),
    ...(displayName === undefined ? {} : { displayName }),
    ...(Object.keys(name).length === 0 ? {} : { name }),
    ...(emails.length === 0 ? {} : { emails: emails.map((email) => ({ ...email })) }),
    active,
  };
}
