/**
 * Provisioning by SCIM 2.0: the people and groups of a provider, as that provider keeps them here. Owns what SCIM says of
 * them; who counts, with which groups, it writes to the directory in the same transaction, so that there is no moment at which the two
 * differ. Called by `src/api/scim/`; knows nothing of HTTP.
 */
import { createGroups, type ScimGroups } from './groups.ts';
import { scimParts, type ScimPartsOptions } from './parts.ts';
import { createScimTokens, type ScimAccess, type ScimTokens } from './tokens.ts';
import { createUsers, type ScimUsers } from './users.ts';

export interface Scim {
  readonly users: ScimUsers;
  readonly groups: ScimGroups;
  /** Which provider somebody is. */
  readonly tokens: ScimTokens;
}

export interface ScimOptions extends ScimPartsOptions {
  /** The providers that keep people here. */
  readonly accesses: readonly ScimAccess[];
}

export function createScim({ accesses, ...options }: ScimOptions): Scim {
  const parts = scimParts(options);
  return { users: createUsers(parts), groups: createGroups(parts), tokens: createScimTokens(accesses) };
}
