import type { Transaction } from 'kysely';
import { makeEvent } from '../../core/event.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Schema } from '../../storage/schema.ts';
import type { ScimGroupRow } from '../../storage/schema-provisioning.ts';
import type { DirectoryWrites } from '../directory.ts';
import { groupName, type ScimClient } from './client.ts';
import { equalTo, matches } from './filter.ts';
import { patchGroup, readGroup, type ScimGroup } from './group.ts';
import { BATCH, filtered, metaOf, type ListQuery, type Page, type Stored } from './page.ts';
import type { Operation } from './patch.ts';
import type { ScimParts } from './parts.ts';
import { badRequest, ScimError } from './scim-error.ts';
import { checkMatch, subjectOfUser } from './users.ts';

export interface StoredGroup extends Stored {
  readonly displayName: string;
  readonly externalId: string | undefined;
  readonly members: readonly { readonly value: string; readonly display: string }[];
}

/** Each throws ScimError. */
export interface ScimGroups {
  list(client: ScimClient, query: ListQuery): Promise<Page<StoredGroup>>;
  get(client: ScimClient, id: string): Promise<StoredGroup>;
  create(client: ScimClient, body: JsonObject): Promise<StoredGroup>;
  replace(client: ScimClient, id: string, body: JsonObject, match?: string): Promise<StoredGroup>;
  patch(client: ScimClient, id: string, operations: readonly Operation[], match?: string): Promise<StoredGroup>;
  remove(client: ScimClient, id: string, match?: string): Promise<void>;
}

type Db = ScimParts['db'] | Transaction<Schema>;

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

export function createGroups({ db, recorder, now, newId, change }: ScimParts): ScimGroups {
  const record = (client: ScimClient, note: string) =>
    recorder.append(
      makeEvent(
        'group.changed',
        { subject: { kind: 'workload', id: client.name, name: `scim:${client.name}`, groups: [], issuer: client.issuer }, note },
        new Date(now()),
      ),
    );

  /** Everybody whose groups are others now, in the same transaction. */
  async function publish(transaction: Transaction<Schema>, directory: DirectoryWrites, users: Iterable<string>): Promise<void> {
    for (const id of users) {
      const row = await transaction.selectFrom('scim_users').selectAll().where('id', '=', id).executeTakeFirst();
      // Who is inactive stays so; their groups count when they are active again.
      if (row?.active) await directory.put(await subjectOfUser(transaction, row), 'active');
    }
  }

  async function setMembers(
    transaction: Transaction<Schema>,
    client: ScimClient,
    id: string,
    before: ReadonlySet<string>,
    after: ReadonlySet<string>,
  ): Promise<void> {
    const [added, removed] = [[...after.difference(before)], [...before.difference(after)]];
    await refuseStrangers(transaction, client, added);
    for (const some of chunks(removed)) await transaction.deleteFrom('scim_members').where('group_id', '=', id).where('user_id', 'in', some).execute();
    for (const some of chunks(added))
      await transaction
        .insertInto('scim_members')
        .values(some.map((user_id) => ({ group_id: id, user_id })))
        .execute();
  }

  async function update(client: ScimClient, id: string, match: string | undefined, next: (group: ScimGroup) => ScimGroup): Promise<StoredGroup> {
    return change(async (transaction, directory) => {
      const row = await rowOf(transaction, client, id);
      checkMatch(row, match);
      const members = await memberIdsOf(transaction, id);
      const before: ScimGroup = { displayName: row.display_name, externalId: row.external_id ?? undefined, members };
      const after = next(before);
      const name = groupName(client, after);
      const renamed = name !== row.name;
      const moved = members.symmetricDifference(after.members);
      if (moved.size === 0 && after.displayName === before.displayName && after.externalId === before.externalId) return load(transaction, row);
      if (renamed) await refuseTaken(transaction, client, name);
      const changed = { ...row, name, display_name: after.displayName, external_id: after.externalId ?? null, changed_at: now(), version: row.version + 1 };
      await transaction.updateTable('scim_groups').set(changed).where('id', '=', id).execute();
      await setMembers(transaction, client, id, members, after.members);
      await record(client, `the group ${row.name} was changed${renamed ? `, and is ${name} now` : ''}: ${moved.size} members came or went`);
      await publish(transaction, directory, renamed ? members.union(after.members) : moved);
      return load(transaction, changed);
    });
  }

  return {
    async list(client, query) {
      const { filter } = query;
      if (!filter) return pageOf(db, client, query);
      return filtered(batchesOf(db, client, query), (stored) => matches(filter, presentGroup(stored)), query);
    },
    get: async (client, id) => load(db, await rowOf(db, client, id)),
    create: (client, body) =>
      change(async (transaction, directory) => {
        const { displayName, externalId, members } = readGroup(body);
        const name = groupName(client, { displayName, externalId });
        await refuseTaken(transaction, client, name);
        const times = { created_at: now(), changed_at: now(), version: 1 };
        const row: ScimGroupRow = { id: newId(), issuer: client.issuer, name, display_name: displayName, external_id: externalId ?? null, ...times };
        await transaction.insertInto('scim_groups').values(row).execute();
        await setMembers(transaction, client, row.id, new Set(), members);
        await record(client, `the group ${name} was made, with ${members.size} members`);
        await publish(transaction, directory, members);
        return load(transaction, row);
      }),
    replace: (client, id, body, match) => update(client, id, match, () => readGroup(body)),
    patch: (client, id, operations, match) => update(client, id, match, (group) => patchGroup(group, operations)),
    async remove(client, id, match) {
      await change(async (transaction, directory) => {
        const row = await rowOf(transaction, client, id);
        checkMatch(row, match);
        const members = await memberIdsOf(transaction, id);
        await transaction.deleteFrom('scim_members').where('group_id', '=', id).execute();
        await transaction.deleteFrom('scim_groups').where('id', '=', id).execute();
        await record(client, `the group ${row.name} was removed, with ${members.size} members`);
        await publish(transaction, directory, members);
      });
    },
  };
}

async function rowOf(db: Db, { issuer }: ScimClient, id: string): Promise<ScimGroupRow> {
  const row = await db.selectFrom('scim_groups').selectAll().where('issuer', '=', issuer).where('id', '=', id).executeTakeFirst();
  if (!row) throw new ScimError('not_found', 'there is no such group');
  return row;
}

async function refuseTaken(db: Db, { issuer }: ScimClient, name: string): Promise<void> {
  const taken = await db.selectFrom('scim_groups').select('id').where('issuer', '=', issuer).where('name', '=', name).executeTakeFirst();
  if (taken) throw new ScimError('conflict', 'there is another group of this name', 'uniqueness');
}

/** Only people of the same provider are members. */
async function refuseStrangers(db: Db, { issuer }: ScimClient, users: readonly string[]): Promise<void> {
  for (const some of chunks(users)) {
    const known = await db.selectFrom('scim_users').select('id').where('issuer', '=', issuer).where('id', 'in', some).execute();
    if (known.length < some.length) throw badRequest('invalidValue', 'a member is no user that is kept here');
  }
}

async function memberIdsOf(db: Db, id: string): Promise<ReadonlySet<string>> {
  const rows = await db.selectFrom('scim_members').select('user_id').where('group_id', '=', id).execute();
  return new Set(rows.map(({ user_id }) => user_id));
}

function* chunks<T>(all: readonly T[]): Generator<readonly T[]> {
  for (let at = 0; at < all.length; at += BATCH) yield all.slice(at, at + BATCH);
}

async function load(db: Db, row: ScimGroupRow): Promise<StoredGroup> {
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

async function pageOf(db: Db, { issuer }: ScimClient, { startIndex, count }: ListQuery): Promise<Page<StoredGroup>> {
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

async function loadAll(db: Db, rows: readonly ScimGroupRow[]): Promise<readonly StoredGroup[]> {
  const all: StoredGroup[] = [];
  for (const row of rows) all.push(await load(db, row));
  return all;
}

/** All groups in the order of their ids, or only the ones that one of the filter's identifiers can mean. */
async function* batchesOf(db: Db, { issuer }: ScimClient, { filter }: ListQuery): AsyncGenerator<readonly StoredGroup[]> {
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
