import type { JsonObject } from '../../core/json.ts';
import type { ScimGroupRow } from '../../storage/schema-provisioning.ts';
import type { ScimClient } from './client.ts';
import { equalTo } from './filter.ts';
import { BATCH, metaOf, type ListQuery, type Page, type Stored } from './page.ts';
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

export async function readGroupRow(db: ScimDb, { issuer }: ScimClient, id: string): Promise<ScimGroupRow> {
  const row = await db.selectFrom('scim_groups').selectAll().where('issuer', '=', issuer).where('id', '=', id).executeTakeFirst();
  if (!row) throw new ScimError('not_found', 'there is no such group');
  return row;
}

export async function memberIdsOf(db: ScimDb, id: string): Promise<ReadonlySet<string>> {
  const rows = await db.selectFrom('scim_members').select('user_id').where('group_id', '=', id).execute();
  return new Set(rows.map(({ user_id }) => user_id));
}

export async function loadGroup(db: ScimDb, row: ScimGroupRow): Promise<StoredGroup> {
  const members = await db
    .selectFrom('scim_members')
    .innerJoin('scim_users', 'scim_users.id', 'scim_members.user_id')
    .select(['scim_users.id', 'user_name'])
    .where('group_id', '=', row.id)
    .orderBy('scim_users.id')
    .execute();
  return {
    id: row.id,
    createdAt: row.created_at,
    changedAt: row.changed_at,
    version: row.version,
    displayName: row.display_name,
    externalId: row.external_id ?? undefined,
    members: members.map(({ id, user_name }) => ({ value: id, display: user_name })),
  };
}

export async function groupPage(db: ScimDb, { issuer }: ScimClient, { startIndex, count }: ListQuery): Promise<Page<StoredGroup>> {
  const { total } = await db
    .selectFrom('scim_groups')
    .select((row) => row.fn.countAll<number>().as('total'))
    .where('issuer', '=', issuer)
    .executeTakeFirstOrThrow();
  const rows = await db
    .selectFrom('scim_groups')
    .selectAll()
    .where('issuer', '=', issuer)
    .orderBy('id')
    .offset(startIndex - 1)
    .limit(count)
    .execute();
  return { resources: await loadAll(db, rows), total };
}

async function loadAll(db: ScimDb, rows: readonly ScimGroupRow[]): Promise<readonly StoredGroup[]> {
  const all: StoredGroup[] = [];
  for (const row of rows) all.push(await loadGroup(db, row));
  return all;
}

/** All groups in the order of their ids, or only the ones that one of the filter's identifiers can mean. */
export async function* groupBatches(db: ScimDb, { issuer }: ScimClient, { filter }: ListQuery): AsyncGenerator<readonly StoredGroup[]> {
  const [externalId, id] = filter ? ['externalId', 'id'].map((attribute) => equalTo(filter, attribute)) : [];
  let after = '';
  for (;;) {
    let query = db.selectFrom('scim_groups').selectAll().where('issuer', '=', issuer).where('id', '>', after).orderBy('id').limit(BATCH);
    if (externalId !== undefined) query = query.where('external_id', '=', externalId);
    if (id !== undefined) query = query.where('id', '=', id);
    const rows = await query.execute();
    yield await loadAll(db, rows);
    after = rows.at(-1)?.id ?? '';
    if (rows.length < BATCH) return;
  }
}
