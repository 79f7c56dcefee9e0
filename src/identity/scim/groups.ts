import type { Transaction } from 'kysely';
import { makeEvent } from '../../core/event.ts';
import type { ScimGroupRow } from '../../storage/schema-provisioning.ts';
import type { Schema } from '../../storage/schema.ts';
import type { DirectoryWrites } from '../directory.ts';
import { groupName, type ScimClient } from './client.ts';
import { matches } from './filter.ts';
import { patchGroup, readGroup, type ScimGroup } from './group.ts';
import { BATCH, checkMatch, filtered } from './page.ts';
import type { ScimDb, ScimParts, ScimResources } from './parts.ts';
import { badRequest, ScimError } from './scim-error.ts';
import { groupBatches, groupPage, loadGroup, memberIdsOf, presentGroup, readGroupRow, type StoredGroup } from './stored-groups.ts';
import { subjectOfUser } from './stored-users.ts';

export type ScimGroups = ScimResources<StoredGroup>;

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
      const row = await readGroupRow(transaction, client, id);
      checkMatch(row, match);
      const members = await memberIdsOf(transaction, id);
      const before: ScimGroup = { displayName: row.display_name, externalId: row.external_id ?? undefined, members };
      const after = next(before);
      const name = groupName(client, after);
      const renamed = name !== row.name;
      const moved = members.symmetricDifference(after.members);
      if (moved.size === 0 && after.displayName === before.displayName && after.externalId === before.externalId) return loadGroup(transaction, row);
      if (renamed) await refuseTaken(transaction, client, name);
      const changed = { ...row, name, display_name: after.displayName, external_id: after.externalId ?? null, changed_at: now(), version: row.version + 1 };
      await transaction.updateTable('scim_groups').set(changed).where('id', '=', id).execute();
      await setMembers(transaction, client, id, members, after.members);
      await record(client, `the group ${row.name} was changed${renamed ? `, and is ${name} now` : ''}: ${moved.size} members came or went`);
      await publish(transaction, directory, renamed ? members.union(after.members) : moved);
      return loadGroup(transaction, changed);
    });
  }

  return {
    async list(client, query) {
      const { filter } = query;
      if (!filter) return groupPage(db, client, query);
      return filtered(groupBatches(db, client, query), (stored) => matches(filter, presentGroup(stored)), query);
    },
    get: async (client, id) => loadGroup(db, await readGroupRow(db, client, id)),
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
        return loadGroup(transaction, row);
      }),
    replace: (client, id, body, match) => update(client, id, match, () => readGroup(body)),
    patch: (client, id, operations, match) => update(client, id, match, (group) => patchGroup(group, operations)),
    async remove(client, id, match) {
      await change(async (transaction, directory) => {
        const row = await readGroupRow(transaction, client, id);
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

async function refuseTaken(db: ScimDb, { issuer }: ScimClient, name: string): Promise<void> {
  const taken = await db.selectFrom('scim_groups').select('id').where('issuer', '=', issuer).where('name', '=', name).executeTakeFirst();
  if (taken) throw new ScimError('conflict', 'there is another group of this name', 'uniqueness');
}

/** Only people of the same provider are members. */
async function refuseStrangers(db: ScimDb, { issuer }: ScimClient, users: readonly string[]): Promise<void> {
  for (const some of chunks(users)) {
    const known = await db.selectFrom('scim_users').select('id').where('issuer', '=', issuer).where('id', 'in', some).execute();
    if (known.length < some.length) throw badRequest('invalidValue', 'a member is no user that is kept here');
  }
}

function* chunks<T>(all: readonly T[]): Generator<readonly T[]> {
  for (let at = 0; at < all.length; at += BATCH) yield all.slice(at, at + BATCH);
}
