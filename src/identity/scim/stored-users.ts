import type { JsonObject } from '../../core/json.ts';
import type { Subject } from '../../core/subject.ts';
import type { ScimUserRow } from '../../storage/schema-provisioning.ts';
import type { ScimClient } from './client.ts';
import { equalTo } from './filter.ts';
import { BATCH, batchesOf, metaOf, pageOf, storedOf, type ListQuery, type Page, type Stored } from './page.ts';
import type { ScimDb } from './parts.ts';
import { ScimError } from './scim-error.ts';
import { writeUser, type ScimUser } from './user.ts';

export interface StoredUser extends Stored {
  readonly user: ScimUser;
  readonly groups: readonly { readonly value: string; readonly display: string }[];
}

/** As SCIM shows it, but for where it is. */
export function presentUser(stored: StoredUser): JsonObject {
  const { groups, id, user } = stored;
  return { id, ...writeUser(user), groups: groups.map((group) => ({ ...group, type: 'direct' })), meta: metaOf(stored, 'User') };
}

/** Who this is to everybody else. The name is the user name: it is unique, a displayed name is not. */
export async function subjectOfUser(db: ScimDb, row: ScimUserRow): Promise<Subject> {
  const groups = await groupsOf(db, [row.id]);
  return { ...nameOfUser(row), name: row.user_name, groups: groups.map(({ name }) => name) };
}

export const nameOfUser = ({ issuer, subject }: ScimUserRow) => ({ issuer, kind: 'person', id: subject }) as const;

const rowsOf = (db: ScimDb, { issuer }: ScimClient) => db.selectFrom('scim_users').selectAll().where('issuer', '=', issuer);

export async function readUserRow(db: ScimDb, client: ScimClient, id: string): Promise<ScimUserRow> {
  const row = await rowsOf(db, client).where('id', '=', id).executeTakeFirst();
  if (!row) throw new ScimError('not_found', 'there is no such user');
  return row;
}

export const fold = (text: string): string => text.normalize('NFKC').toLowerCase();

export function columnsOf(user: ScimUser): Pick<ScimUserRow, 'user_name' | 'user_name_folded' | 'external_id' | 'active' | 'resource'> {
  const { displayName, name, emails } = user;
  return {
    user_name: user.userName,
    user_name_folded: fold(user.userName),
    external_id: user.externalId ?? null,
    active: user.active ? 1 : 0,
    resource: JSON.stringify({ displayName, name, emails }),
  };
}

export function userOfRow(row: ScimUserRow): ScimUser {
  // Only `columnsOf` writes it.
  const { displayName, name, emails } = JSON.parse(row.resource) as Pick<ScimUser, 'displayName' | 'name' | 'emails'>;
  return { userName: row.user_name, externalId: row.external_id ?? undefined, active: row.active === 1, displayName, name, emails };
}

export async function loadUser(db: ScimDb, row: ScimUserRow): Promise<StoredUser> {
  const [stored] = await loadAll(db, [row]);
  if (!stored) throw new ScimError('not_found', 'there is no such user');
  return stored;
}

async function loadAll(db: ScimDb, rows: readonly ScimUserRow[]): Promise<readonly StoredUser[]> {
  const all = await groupsOf(
    db,
    rows.map(({ id }) => id),
  );
  const byUser = Map.groupBy(all, ({ user_id }) => user_id);
  return rows.map((row) => ({
    ...storedOf(row),
    user: userOfRow(row),
    groups: (byUser.get(row.id) ?? []).map(({ id, display_name }) => ({ value: id, display: display_name })),
  }));
}

async function groupsOf(db: ScimDb, users: readonly string[]) {
  if (users.length === 0) return [];
  return db
    .selectFrom('scim_members')
    .innerJoin('scim_groups', 'scim_groups.id', 'scim_members.group_id')
    .select(['user_id', 'scim_groups.id', 'name', 'display_name'])
    .where('user_id', 'in', users)
    .orderBy('name')
    .execute();
}

export function userPage(db: ScimDb, client: ScimClient, query: ListQuery): Promise<Page<StoredUser>> {
  return pageOf(rowsOf(db, client).orderBy('id'), query, (rows) => loadAll(db, rows));
}

/** All users in the order of their ids, or only those that one of the filter's identifiers can mean. */
export function userBatches(db: ScimDb, client: ScimClient, { filter }: ListQuery): AsyncGenerator<readonly StoredUser[]> {
  const [userName, externalId, id] = filter ? ['userName', 'externalId', 'id'].map((attribute) => equalTo(filter, attribute)) : [];
  let rows = rowsOf(db, client).orderBy('id').limit(BATCH);
  if (userName !== undefined) rows = rows.where('user_name_folded', '=', fold(userName));
  if (externalId !== undefined) rows = rows.where('external_id', '=', externalId);
  if (id !== undefined) rows = rows.where('id', '=', id);
  return batchesOf(
    (after) => rows.where('id', '>', after).execute(),
    (found) => loadAll(db, found),
  );
}
