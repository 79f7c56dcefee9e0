import { SallyportError } from '../core/error.ts';
import { eventSubject, makeEvent } from '../core/event.ts';
import type { Recorder } from '../core/recorder.ts';
import type { Client } from '../core/session.ts';
import type { Subject, SubjectKind } from '../core/subject.ts';
import type { AccountRow } from '../storage/schema.ts';
import type { Storage } from '../storage/storage.ts';
import { endAccount } from './account-end.ts';
import { isIdentityText } from './identity-text.ts';
import { LOCAL_ISSUER } from './local-issuer.ts';
import { BusyError, generatePassword, MAX_PASSWORD_LENGTH, Passwords, type Cost } from './password.ts';

export interface NewAccount {
  readonly name: string;
  readonly kind: SubjectKind;
  readonly groups: readonly string[];
  /** Without one, a strong password is made. */
  readonly password?: string;
}

/** `refused` says the same of a wrong name, a wrong password and a locked account; the record says which. */
export type SignInResult =
  | { readonly kind: 'ok'; readonly subject: Subject }
  /** The password was right, and a second factor is still to be shown. Only then is it a sign-in, and recorded as one. */
  | { readonly kind: 'second'; readonly subject: Subject }
  | { readonly kind: 'refused' }
  | { readonly kind: 'busy' };

/** Local accounts, for the demo, the first start and emergencies. */
export interface Accounts {
  /** Gives the password back once; only its hash is kept. Throws `conflict` where the name is taken. */
  create(account: NewAccount): Promise<{ readonly subject: Subject; readonly password: string }>;
  /** Undefined, too, where the account may not be used, or was made after `since` (epoch milliseconds): then the name was another's. */
  find(name: string, since?: number): Promise<Subject | undefined>;
  /** All of them, by name. */
  list(): Promise<readonly Subject[]>;
  /** Ends everything that it had, and that was issued to it; false where there is none. */
  remove(name: string): Promise<boolean>;
  /** Records the outcome before it is told; throws `record_failed` where it cannot. */
  verify(name: string, password: string, client: Client): Promise<SignInResult>;
}

export interface AccountsOptions {
  readonly recorder: Recorder;
  /** Whether an account of that name may sign in; absent: each may. */
  readonly admits?: (name: string) => boolean;
  /** Whether the account has a second factor; absent: none has. */
  readonly hasSecondFactor?: (name: string) => Promise<boolean>;
  readonly now?: () => number;
  /** Of new hashes; lower only in tests. */
  readonly cost?: Cost;
}

/** After so many failures in a row the account waits, each time twice as long. */
const FREE_FAILURES = 5;
const FIRST_LOCK_MS = 30_000;
const LONGEST_LOCK_MS = 15 * 60_000;
/** Attempts at one name that may wait for each other. */
const MAX_WAITING = 16;

export function openAccounts(storage: Storage, { recorder, admits = () => true, hasSecondFactor, now = Date.now, cost }: AccountsOptions): Accounts {
  const { db } = storage;
  const passwords = new Passwords(cost);
  const lines = new Map<string, { waiting: number; last: Promise<void> }>();
  const rowOf = (name: string): Promise<AccountRow | undefined> => db.selectFrom('accounts').selectAll().where('name', '=', name).executeTakeFirst();

  return {
    async create({ name, kind, groups, password = generatePassword() }) {
      checkNew(name, groups, password);
      const row = {
        name,
        kind,
        member_of: JSON.stringify(groups),
        password_hash: await passwords.hash(password),
        created_at: now(),
        failures: 0,
        locked_until: 0,
      };
      await db.transaction().execute(async (transaction) => {
        const { numInsertedOrUpdatedRows } = await transaction
          .insertInto('accounts')
          .values(row)
          .onConflict((conflict) => conflict.column('name').doNothing())
          .executeTakeFirst();
        if (numInsertedOrUpdatedRows === 0n) throw new SallyportError('conflict', `there is an account ${name} already`);
        // One that was begun while an account of that name was removed.
        await transaction.deleteFrom('sign_ins').where('issuer', '=', LOCAL_ISSUER).where('subject', '=', name).execute();
      });
      return { subject: accountSubject(row), password };
    },

    async find(name, since = Number.POSITIVE_INFINITY) {
      if (!admits(name)) return undefined;
      const row = await rowOf(name);
      return row && row.created_at <= since ? accountSubject(row) : undefined;
    },

    async list() {
      const rows = await db.selectFrom('accounts').selectAll().orderBy('name').execute();
      return rows.map(accountSubject);
    },

    remove: (name) => db.transaction().execute((transaction) => endAccount(transaction, name, now())),

    async verify(name, password, client) {
      const readable = isIdentityText(name) && password.length <= MAX_PASSWORD_LENGTH;
      const admitted = readable && admits(name);
      try {
        return await inTurn(name, () => attempt(admitted ? name : undefined, password, client, readable && !admitted ? NOT_ADMITTED : undefined));
      } catch (error) {
        if (error instanceof BusyError) return { kind: 'busy' };
        throw error;
      }
    },
  };

  /** Guesses at one name come one after the other, so that those sent at once all meet the lock. */
  function inTurn<T>(name: string, act: () => Promise<T>): Promise<T> {
    const line = lines.get(name) ?? { waiting: 0, last: Promise.resolve() };
    if (line.waiting >= MAX_WAITING) return Promise.reject(new BusyError('too many attempts at this name'));
    const turn = line.last.then(act).finally(() => {
      line.waiting -= 1;
      if (line.waiting === 0) lines.delete(name);
    });
    lines.set(name, line);
    line.waiting += 1;
    line.last = turn.then(
      () => undefined,
      () => undefined,
    );
    return turn;
  }

  /** Without a name, the same work for nothing. */
  async function attempt(name: string | undefined, password: string, client: Client, why?: string): Promise<SignInResult> {
    const row = name === undefined ? undefined : await rowOf(name);
    const right = await passwords.verify(name === undefined ? '' : password, row?.password_hash);
    const locked = row !== undefined && now() < row.locked_until;
    if (row && right && !locked) return succeed(row, client);
    if (row && !locked) await countFailure(row);
    const subject = row ? { subject: eventSubject(accountSubject(row)) } : {};
    await recorder.append(makeEvent('signin.failed', { client, ...subject, note: why ?? whyFailed(row, locked) }));
    return { kind: 'refused' };
  }

  async function succeed(row: AccountRow, client: Client): Promise<SignInResult> {
    const subject = accountSubject(row);
    const second = (await hasSecondFactor?.(row.name)) ?? false;
    if (!second) await recorder.append(makeEvent('signin.succeeded', { client, subject: eventSubject(subject) }));
    if (row.failures > 0) await db.updateTable('accounts').set({ failures: 0, locked_until: 0 }).where('name', '=', row.name).execute();
    return { kind: second ? 'second' : 'ok', subject };
  }

  async function countFailure(row: AccountRow): Promise<void> {
    await db
      .updateTable('accounts')
      .set((column) => ({ failures: column('failures', '+', 1), locked_until: lockedUntil(row.failures + 1, now()) }))
      .where('name', '=', row.name)
      .execute();
  }
}

export function accountSubject(row: Pick<AccountRow, 'name' | 'kind' | 'member_of'>): Subject {
  // Both columns were written from these types by `create`.
  return { kind: row.kind as SubjectKind, id: row.name, name: row.name, groups: JSON.parse(row.member_of) as string[], issuer: LOCAL_ISSUER };
}

function lockedUntil(failures: number, now: number): number {
  if (failures < FREE_FAILURES) return 0;
  return now + Math.min(LONGEST_LOCK_MS, FIRST_LOCK_MS * 2 ** (failures - FREE_FAILURES));
}

const NOT_ADMITTED = 'the configuration lets no local account of that name sign in';

function whyFailed(row: AccountRow | undefined, locked: boolean): string {
  if (!row) return 'no such account';
  return locked ? 'the account is locked after failures' : 'wrong password';
}

/** `:` ends the name in HTTP Basic. */
function checkNew(name: string, groups: readonly string[], password: string): void {
  if (!isIdentityText(name) || name.includes(':'))
    throw new SallyportError('usage', 'the name of an account is 1 to 320 characters without commas, colons and control characters');
  if (!groups.every(isIdentityText)) throw new SallyportError('usage', 'the name of a group is 1 to 320 characters without commas and control characters');
  if (password.length < 12 || password.length > MAX_PASSWORD_LENGTH)
    throw new SallyportError('usage', `a password has 12 to ${MAX_PASSWORD_LENGTH} characters`);
}
