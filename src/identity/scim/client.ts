import { isIdentityText } from '../identity-text.ts';
import { badRequest } from './scim-error.ts';

/** One provider that keeps its people and groups here. */
export interface ScimClient {
  /** Of the provider in the configuration. */
  readonly name: string;
  /** Of the subjects that it keeps: what its sign-ins say, too. */
  readonly issuer: string;
  /** Which attribute is the id that the same provider sends at sign-in. There is no guessing by name or address. */
  readonly subject: 'userName' | 'externalId';
  /** Which attribute of a group policies name. */
  readonly group: 'displayName' | 'externalId';
  /** Put before each group's name. */
  readonly prefix: string;
}

/** The id of a person at sign-in. Throws where the attribute that it is configured to be is absent. */
export function subjectOf(client: ScimClient, user: { readonly userName: string; readonly externalId: string | undefined }): string {
  return identity(client.subject === 'userName' ? user.userName : user.externalId, client.subject);
}

export function groupName(client: ScimClient, group: { readonly displayName: string; readonly externalId: string | undefined }): string {
  return identity(`${client.prefix}${identity(client.group === 'displayName' ? group.displayName : group.externalId, client.group)}`, client.group);
}

export function identity(value: string | undefined, attribute: string): string {
  if (value === undefined) throw badRequest('invalidValue', `${attribute} is missing`);
  if (!isIdentityText(value))
    throw badRequest('invalidValue', `${attribute} has commas, invisible characters or space around it, or is longer than 320 characters`);
  return value;
}
