import type { JsonObject } from '../../core/json.ts';
import type { ScimGroupRow } from '../../storage/schema-provisioning.ts';
import type { ScimClient } from './client.ts';
import { equalTo } from './filter.ts';
import { BATCH, batchesOf, metaOf, pageOf, storedOf, type ListQuery, type Page, type Stored } from './page.ts';
import type { ScimDb } from './parts.ts';
import { ScimError } from './scim-error.ts';

export interface StoredGroup extends Stored {
  readonly displayName: string;
  readonly externalId: string | undefined;
  readonly members: readonly { readonly value: string; readonly display: string }[];
}

export function presentGroup(stored: StoredGroup): JsonObject {
  const { displayName, externalId, id, members } = stored;
  return {
    id,
    displayName,
    ...(externalId === undefined ? {} : { externalId }),
    members: members.map((member) => ({ ...member, type: 'User' })),
    meta: metaOf(stored, 'Group'),
  };
}

const rowsOf = (db: ScimDb, { issuer }: ScimClient) => db.selectFrom('scim_groups').selectAll().where('issuer', '=', issuer);

export async function readGroupRow(db: ScimDb, client: ScimClient, id: string): Promise<ScimGroupRow> {
  const row = await rowsOf(db, client).where('id', '=', id).executeTakeFirst();
  if (!row) throw new ScimError('not_found', 'there is no such group');
  return row;
}

export async function memberIdsOf(db: ScimDb, id: string): Promise<ReadonlySet<string>> {
  const rows = await db.selectFrom('scim_members').select('user_id').where('group_id', '=', id).execute();
  return new Set(rows.map(({ user_id }) => user_id));
}

export async function loadGroup(db: ScimDb, row: ScimGroupRow): Promise<StoredGroup> {
  const [stored] = await loadAll(db, [row]);
  if (!stored) throw new ScimError('not_found', 'there is no such group');
  return stored;
}

async function loadAll(db: ScimDb, rows: readonly ScimGroupRow[]): Promise<readonly StoredGroup[]> {
  const all = await membersOf(
    db,
    rows.map(({ id }) => id),
  );
  const byGroup = Map.groupBy(all, ({ group_id }) => group_id);
  return rows.map((row) => ({
    ...storedOf(row),
    displayName: row.display_name,
    externalId: row.external_id ?? undefined,
    members: (byGroup.get(row.id) ?? []).map(({ id, user_name }) => ({ value: id, display: user_name })),
  }));
}

async function membersOf(db: ScimDb, groups: readonly string[]) {
  if (groups.length === 0) return [];
  return db
    .selectFrom('scim_members')
    .innerJoin('scim_users', 'scim_users.id', 'scim_members.user_id')
    .select(['group_id', 'scim_users.id', 'user_name'])
    .where('group_id', 'in', groups)
    .orderBy('scim_users.id')
    .execute();
}

export function groupPage(db: ScimDb, client: ScimClient, query: ListQuery): Promise<Page<StoredGroup>> {
  return pageOf(rowsOf(db, client).orderBy('id'), query, (rows) => loadAll(db, rows));
}

/** All groups in the order of their ids, or only the ones that one of the filter's identifiers can mean. */
export function groupBatches(db: ScimDb, client: ScimClient, { filter }: ListQuery): AsyncGenerator<readonly StoredGroup[]> {
  const [externalId, id] = filter ? ['externalId', 'id'].map((attribute) => equalTo(filter, attribute)) : [];
  let rows = rowsOf(db, client).orderBy('id').limit(BATCH);
  if (externalId !== undefined) rows = rows.where('external_id', '=', externalId);
  if (id !== undefined) rows = rows.where('id', '=', id);
  return batchesOf(
    (after) => rows.where('id', '>', after).execute(),
    (found) => loadAll(db, found),
  );
}
