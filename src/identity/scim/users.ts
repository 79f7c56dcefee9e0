import type { Transaction } from 'kysely';
import type { JsonObject } from '../../core/json.ts';
import { eventSubject, makeEvent } from '../../core/event.ts';
import type { Subject } from '../../core/subject.ts';
import type { Schema } from '../../storage/schema.ts';
import type { ScimUserRow } from '../../storage/schema-provisioning.ts';
import type { DirectoryWrites } from '../directory.ts';
import { subjectOf, type ScimClient } from './client.ts';
import { equalTo, matches } from './filter.ts';
import { BATCH, etagOf, filtered, metaOf, type ListQuery, type Page, type Stored } from './page.ts';
import type { Operation } from './patch.ts';
import { patchUser } from './patch-user.ts';
import type { ScimParts } from './parts.ts';
import { ScimError } from './scim-error.ts';
import { readUser, writeUser, type ScimUser } from './user.ts';

export interface StoredUser extends Stored {
  readonly user: ScimUser;
  readonly groups: readonly { readonly value: string; readonly display: string }[];
}

/** Each throws ScimError. `match` is the ETag that the resource must still have. */
export interface ScimUsers {
  list(client: ScimClient, query: ListQuery): Promise<Page<StoredUser>>;
  get(client: ScimClient, id: string): Promise<StoredUser>;
  create(client: ScimClient, body: JsonObject): Promise<StoredUser>;
  replace(client: ScimClient, id: string, body: JsonObject, match?: string): Promise<StoredUser>;
  patch(client: ScimClient, id: string, operations: readonly Operation[], match?: string): Promise<StoredUser>;
  remove(client: ScimClient, id: string, match?: string): Promise<void>;
  /** Whether provisioning knows the person who came in; a provider without provisioning is not asked. */
  knows(issuer: string, subject: string): Promise<boolean>;
}

type Db = ScimParts['db'] | Transaction<Schema>;

/** As SCIM shows it, but for where it is. */
export function presentUser(stored: StoredUser): JsonObject {
  const { groups, id, user } = stored;
  return { id, ...writeUser(user), groups: groups.map((group) => ({ ...group, type: 'direct' })), meta: metaOf(stored, 'User') };
}

export function createUsers({ db, recorder, now, newId, change }: ScimParts): ScimUsers {
  /** What is kept here, and what the directory makes of it. */
  async function update(client: ScimClient, id: string, match: string | undefined, next: (user: ScimUser) => ScimUser): Promise<StoredUser> {
    return change(async (transaction, directory) => {
      const before = await rowOf(transaction, client, id);
      checkMatch(before, match);
      const known = userOfRow(before);
      const user = next(known);
      const subject = subjectOf(client, user);
      if (JSON.stringify([user, subject]) === JSON.stringify([known, before.subject])) return load(transaction, before);
      await refuseTaken(transaction, client, user, subject, id);
      const row = { ...before, ...columnsOf(user), subject, changed_at: now(), version: before.version + 1 };
      await transaction.updateTable('scim_users').set(row).where('id', '=', id).execute();
      // An id that changed is another subject: whoever had the old one is out.
      if (subject !== before.subject) await directory.remove(nameOf(before));
      await publish(transaction, directory, row, known);
      return load(transaction, row);
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
      if (!filter) return pageOf(db, client, query);
      return filtered(batchesOf(db, client, query), (stored) => matches(filter, presentUser(stored)), query);
    },
    get: async (client, id) => load(db, await rowOf(db, client, id)),
    create: (client, body) =>
      change(async (transaction, directory) => {
        const user = readUser(body, true);
        const subject = subjectOf(client, user);
        await refuseTaken(transaction, client, user, subject);
        const row: ScimUserRow = { id: newId(), issuer: client.issuer, subject, ...columnsOf(user), created_at: now(), changed_at: now(), version: 1 };
        await transaction.insertInto('scim_users').values(row).execute();
        await publish(transaction, directory, row);
        return load(transaction, row);
      }),
    replace: (client, id, body, match) => update(client, id, match, ({ active }) => readUser(body, active)),
    patch: (client, id, operations, match) => update(client, id, match, (user) => patchUser(user, operations)),
    async remove(client, id, match) {
      await change(async (transaction, directory) => {
        const row = await rowOf(transaction, client, id);
        checkMatch(row, match);
        await directory.remove(nameOf(row));
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

/** Who this is to everybody else. The name is the user name: it is unique, a displayed name is not. */
export async function subjectOfUser(db: Db, row: ScimUserRow): Promise<Subject> {
  const groups = await groupsOf(db, [row.id]);
  return { ...nameOf(row), name: row.user_name, groups: groups.map(({ name }) => name) };
}

const nameOf = ({ issuer, subject }: ScimUserRow) => ({ issuer, kind: 'person', id: subject }) as const;

export function checkMatch(row: { readonly version: number }, match: string | undefined): void {
  if (match === undefined || match === '*' || match === etagOf(row)) return;
  throw new ScimError('conflict', 'the resource was changed since it was read');
}

async function rowOf(db: Db, { issuer }: ScimClient, id: string): Promise<ScimUserRow> {
  const row = await db.selectFrom('scim_users').selectAll().where('issuer', '=', issuer).where('id', '=', id).executeTakeFirst();
  if (!row) throw new ScimError('not_found', 'there is no such user');
  return row;
}

async function refuseTaken(db: Db, { issuer }: ScimClient, user: ScimUser, subject: string, self = ''): Promise<void> {
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

const fold = (text: string): string => text.normalize('NFKC').toLowerCase();

function columnsOf(user: ScimUser): Pick<ScimUserRow, 'user_name' | 'user_name_folded' | 'external_id' | 'active' | 'resource'> {
  const { displayName, name, emails } = user;
  return {
    user_name: user.userName,
    user_name_folded: fold(user.userName),
    external_id: user.externalId ?? null,
    active: user.active ? 1 : 0,
    resource: JSON.stringify({ displayName, name, emails }),
  };
}

function userOfRow(row: ScimUserRow): ScimUser {
  // Only `columnsOf` writes it.
  const { displayName, name, emails } = JSON.parse(row.resource) as Pick<ScimUser, 'displayName' | 'name' | 'emails'>;
  return { userName: row.user_name, externalId: row.external_id ?? undefined, active: row.active === 1, displayName, name, emails };
}

async function load(db: Db, row: ScimUserRow): Promise<StoredUser> {
  const [stored] = await loadAll(db, [row]);
  if (!stored) throw new ScimError('not_found', 'there is no such user');
  return stored;
}

async function loadAll(db: Db, rows: readonly ScimUserRow[]): Promise<readonly StoredUser[]> {
  const all = await groupsOf(
    db,
    rows.map(({ id }) => id),
  );
  const byUser = Map.groupBy(all, ({ user_id }) => user_id);
  return rows.map((row) => ({
    id: row.id,
    createdAt: row.created_at,
    changedAt: row.changed_at,
    version: row.version,
    user: userOfRow(row),
    groups: (byUser.get(row.id) ?? []).map(({ id, display_name }) => ({ value: id, display: display_name })),
  }));
}

async function groupsOf(db: Db, users: readonly string[]) {
  if (users.length === 0) return [];
  return db
    .selectFrom('scim_members')
    .innerJoin('scim_groups', 'scim_groups.id', 'scim_members.group_id')
    .select(['user_id', 'scim_groups.id', 'name', 'display_name'])
    .where('user_id', 'in', users)
    .orderBy('name')
    .execute();
}

async function pageOf(db: Db, { issuer }: ScimClient, { startIndex, count }: ListQuery): Promise<Page<StoredUser>> {
  const { total } = await db
    .selectFrom('scim_users')
    .select((row) => row.fn.countAll<number>().as('total'))
    .where('issuer', '=', issuer)
    .executeTakeFirstOrThrow();
  const rows = await db
    .selectFrom('scim_users')
    .selectAll()
    .where('issuer', '=', issuer)
    .orderBy('id')
    .offset(startIndex - 1)
    .limit(count)
    .execute();
  return { resources: await loadAll(db, rows), total };
}

/** All users in the order of their ids, or only those that one of the filter's identifiers can mean. */
async function* batchesOf(db: Db, { issuer }: ScimClient, { filter }: ListQuery): AsyncGenerator<readonly StoredUser[]> {
  const [userName, externalId, id] = filter ? ['userName', 'externalId', 'id'].map((attribute) => equalTo(filter, attribute)) : [];
  let after = '';
  for (;;) {
    let query = db.selectFrom('scim_users').selectAll().where('issuer', '=', issuer).where('id', '>', after).orderBy('id').limit(BATCH);
    if (userName !== undefined) query = query.where('user_name_folded', '=', fold(userName));
    if (externalId !== undefined) query = query.where('external_id', '=', externalId);
    if (id !== undefined) query = query.where('id', '=', id);
    const rows = await query.execute();
    yield await loadAll(db, rows);
    after = rows.at(-1)?.id ?? '';
    if (rows.length < BATCH) return;
  }
}
