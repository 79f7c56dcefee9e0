import { createHash, randomBytes } from 'node:crypto';
import type { Subject } from '../core/subject.ts';
import type { Storage } from '../storage/storage.ts';
import { accountSubject, LOCAL_ISSUER } from './accounts.ts';

/** One person's stay in the console or CLI. */
export interface SignIn {
  readonly subject: Subject;
  readonly csrf: string;
  /** Epoch milliseconds; absolute: use does not prolong it. */
  readonly expiresAt: number;
  /** SHA-256 of the secret, hex: names the sign-in where the secret may not be kept. */
  readonly id: string;
}

export interface SignIns {
  /** The secret is given once; only its hash is kept. `previous` is ended: a sign-in never continues another's. */
  start(subject: Subject, previous?: string): Promise<SignIn & { readonly secret: string }>;
  /** The sign-in as it is now, its subject's groups included; undefined once it ended or its account is gone. */
  find(secret: string): Promise<SignIn | undefined>;
  /** The same by the sign-in's id, for streams that outlive a request. */
  current(id: string): Promise<SignIn | undefined>;
  end(secret: string): Promise<void>;
}

export interface SignInsOptions {
  readonly now?: () => number;
  readonly random?: (size: number) => Buffer;
}

const LIFETIME_MS = 8 * 60 * 60_000;
const SECRET = /^[A-Za-z0-9_-]{43}$/;

export function openSignIns(storage: Storage, { now = Date.now, random = randomBytes }: SignInsOptions = {}): SignIns {
  const { db } = storage;
  const endById = (id: string) => db.deleteFrom('sign_ins').where('secret_hash', '=', id).execute();

  async function findById(id: string): Promise<SignIn | undefined> {
    const row = await db
      .selectFrom('sign_ins')
      .innerJoin('accounts', 'accounts.name', 'sign_ins.account')
      .select(['name', 'kind', 'member_of', 'csrf', 'expires_at'])
      .where('secret_hash', '=', id)
      .where('expires_at', '>', now())
      .executeTakeFirst();
    return row && { subject: accountSubject(row), csrf: row.csrf, expiresAt: row.expires_at, id };
  }

  return {
    async start(subject, previous) {
      if (subject.issuer !== LOCAL_ISSUER) throw new TypeError('only local accounts sign in here');
      await db.deleteFrom('sign_ins').where('expires_at', '<=', now()).execute();
      if (previous !== undefined && SECRET.test(previous)) await endById(hashOf(previous));
      const [secret, csrf] = [random(32).toString('base64url'), random(32).toString('base64url')];
      const id = hashOf(secret);
      const expiresAt = now() + LIFETIME_MS;
      await db.insertInto('sign_ins').values({ secret_hash: id, account: subject.id, csrf, created_at: now(), expires_at: expiresAt }).execute();
      return { subject, csrf, expiresAt, id, secret };
    },
    find: (secret) => (SECRET.test(secret) ? findById(hashOf(secret)) : Promise.resolve(undefined)),
    current: findById,
    async end(secret) {
      await endById(hashOf(secret));
    },
  };
}

const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('hex');
