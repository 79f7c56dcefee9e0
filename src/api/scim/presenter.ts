import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { presentGroup, type StoredGroup } from '../../identity/scim/stored-groups.ts';
import type { Page } from '../../identity/scim/page.ts';
import { presentUser, type StoredUser } from '../../identity/scim/stored-users.ts';
import { GROUP, USER } from './schemas.ts';

/** Which attributes a client wants; by name, in any letters. */
export interface Wanted {
  readonly attributes: ReadonlySet<string>;
  readonly excluded: ReadonlySet<string>;
}

export const EVERYTHING: Wanted = { attributes: new Set(), excluded: new Set() };
const ALWAYS = new Set(['schemas', 'id', 'meta']);

export const userView = (base: string, stored: StoredUser, wanted: Wanted): JsonObject => view(`${base}/Users/${stored.id}`, USER, presentUser(stored), wanted);
export const groupView = (base: string, stored: StoredGroup, wanted: Wanted): JsonObject =>
  view(`${base}/Groups/${stored.id}`, GROUP, presentGroup(stored), wanted);

function view(location: string, schema: string, resource: JsonObject, { attributes, excluded }: Wanted): JsonObject {
  const meta = isJsonObject(resource['meta']) ? resource['meta'] : {};
  const whole = { schemas: [schema], ...resource, meta: { ...meta, location } };
  const isWanted = (name: string): boolean =>
    ALWAYS.has(name) || (attributes.size === 0 ? !excluded.has(name.toLowerCase()) : attributes.has(name.toLowerCase()));
  return Object.fromEntries(Object.entries(whole).filter(([name]) => isWanted(name)));
}

export function listView({ resources, total }: Page<JsonObject>, startIndex: number): JsonObject {
  return {
    schemas: ['urn:ietf:params:scim:api:messages:2.0:ListResponse'],
    totalResults: total,
    startIndex,
    itemsPerPage: resources.length,
    Resources: resources,
  };
}
