import type { Transaction } from 'kysely';
import { eventSubject, makeEvent } from '../../core/event.ts';
import type { ScimUserRow } from '../../storage/schema-provisioning.ts';
import type { Schema } from '../../storage/schema.ts';
import type { DirectoryWrites } from '../directory.ts';
import { subjectOf, type ScimClient } from './client.ts';
import { matches } from './filter.ts';
import { checkMatch, filtered } from './page.ts';
import type { ScimDb, ScimParts, ScimResources } from './parts.ts';
import { patchUser } from './patch-user.ts';
import { ScimError } from './scim-error.ts';
import {
  columnsOf,
  fold,
  loadUser,
  nameOfUser,
  presentUser,
  readUserRow,
  subjectOfUser,
  userBatches,
  userOfRow,
  userPage,
  type StoredUser,
} from './stored-users.ts';
import { readUser, type ScimUser } from './user.ts';

export interface ScimUsers extends ScimResources<StoredUser> {
  /** Whether provisioning knows the person who came in; a provider without provisioning is not asked. */
  knows(issuer: string, subject: string): Promise<boolean>;
}

export function createUsers({ db, recorder, now, newId, change }: ScimParts): ScimUsers {
  /** What is kept here, and what the directory makes of it. */
  async function update(client: ScimClient, id: string, match: string | undefined, next: (user: ScimUser) => ScimUser): Promise<StoredUser> {
    return change(async (transaction, directory) => {
      const before = await readUserRow(transaction, client, id);
      checkMatch(before, match);
      const known = userOfRow(before);
      const user = next(known);
      const subject = subjectOf(client, user);
      if (JSON.stringify([user, subject]) === JSON.stringify([known, before.subject])) return loadUser(transaction, before);
      await refuseTaken(transaction, client, user, subject, id);
      const row = { ...before, ...columnsOf(user), subject, changed_at: now(), version: before.version + 1 };
      await transaction.updateTable('scim_users').set(row).where('id', '=', id).execute();
      // An id that changed is another subject: whoever had the old one is out.
      if (subject !== before.subject) await directory.remove(nameOfUser(before));
      await publish(transaction, directory, row, known);
      return loadUser(transaction, row);
    });
  }

  async function publish(transaction: Transaction<Schema>, directory: DirectoryWrites, row: ScimUserRow, before?: ScimUser): Promise<void> {
    const subject = await subjectOfUser(transaction, row);
    const user = userOfRow(row);
    const counts = before === undefined || before.active !== user.active || before.userName !== user.userName || before.externalId !== user.externalId;
    if (counts) return void (await directory.put(subject, row.active ? 'active' : 'inactive'));
    await recorder.append(makeEvent('subject.changed', { subject: eventSubject(subject), note: 'particulars changed by provisioning' }, new Date(now())));
  }

  return {
    async list(client, query) {
      const { filter } = query;
      if (!filter) return userPage(db, client, query);
      return filtered(userBatches(db, client, query), (stored) => matches(filter, presentUser(stored)), query);
    },
    get: async (client, id) => loadUser(db, await readUserRow(db, client, id)),
    create: (client, body) =>
      change(async (transaction, directory) => {
        const user = readUser(body, true);
        const subject = subjectOf(client, user);
        await refuseTaken(transaction, client, user, subject);
        const row: ScimUserRow = { id: newId(), issuer: client.issuer, subject, ...columnsOf(user), created_at: now(), changed_at: now(), version: 1 };
        await transaction.insertInto('scim_users').values(row).execute();
        await publish(transaction, directory, row);
        return loadUser(transaction, row);
      }),
    replace: (client, id, body, match) => update(client, id, match, ({ active }) => readUser(body, active)),
    patch: (client, id, operations, match) => update(client, id, match, (user) => patchUser(user, operations)),
    async remove(client, id, match) {
      await change(async (transaction, directory) => {
        const row = await readUserRow(transaction, client, id);
        checkMatch(row, match);
        await directory.remove(nameOfUser(row));
        await transaction.deleteFrom('scim_members').where('user_id', '=', id).execute();
        await transaction.deleteFrom('scim_users').where('id', '=', id).execute();
      });
    },
    async knows(issuer, subject) {
      const row = await db.selectFrom('scim_users').select('id').where('issuer', '=', issuer).where('subject', '=', subject).executeTakeFirst();
      return row !== undefined;
    },
  };
}

async function refuseTaken(db: ScimDb, { issuer }: ScimClient, user: ScimUser, subject: string, self = ''): Promise<void> {
  const taken = await db
    .selectFrom('scim_users')
    .select('id')
    .where('issuer', '=', issuer)
    .where('id', '!=', self)
    .where((row) =>
      row.or([
        row('user_name_folded', '=', fold(user.userName)),
        row('subject', '=', subject),
        ...(user.externalId === undefined ? [] : [row('external_id', '=', user.externalId)]),
      ]),
    )
    .executeTakeFirst();
  if (taken) throw new ScimError('conflict', 'there is another user with this userName or externalId', 'uniqueness');
}
