import { createHash, randomBytes } from 'node:crypto';
import type { Subject, SubjectKind } from '../core/subject.ts';
import type { SignInRow } from '../storage/schema.ts';
import type { Storage } from '../storage/storage.ts';
import { accountSubject } from './accounts.ts';
import type { Directory } from './directory.ts';
import type { SubjectName } from './directory-subject.ts';
import { LOCAL_ISSUER } from './local-issuer.ts';
import type { Revocations } from './revocations.ts';

/** One person's stay in the console or CLI. */
export interface SignIn {
  readonly subject: Subject;
  readonly csrf: string;
  /** Epoch milliseconds; absolute: use does not prolong it. */
  readonly expiresAt: number;
  /** SHA-256 of the secret, hex: names the sign-in where the secret may not be kept, and in tokens that are issued through it. */
  readonly id: string;
}

export interface SignIns {
  /** The secret is given once; only its hash is kept. */
  start(subject: Subject, options?: StartOptions): Promise<SignIn & { readonly secret: string }>;
  /** The sign-in as it is now, its subject's groups included; undefined once it ended, or its account or subject is no longer active. */
  find(secret: string): Promise<SignIn | undefined>;
  /** The same by the sign-in's id, for streams that outlive a request. */
  current(id: string): Promise<SignIn | undefined>;
  /** Ends it, and the tokens and live sessions that came of it: here at once, in every other process within half a second. */
  end(secret: string): Promise<void>;
  /** Ends all of these: of a subject, of one stay at a provider, or of both, and then also those of which the stay is not known. The number that ended. */
  endWhere(which: SignInFilter): Promise<number>;
}

/** With neither id nor stay there are none of these. */
export interface SignInFilter extends Partial<SubjectName> {
  readonly issuer: string;
  readonly providerSession?: string;
}

export interface StartOptions {
  /** The secret of another, which ends: a sign-in never continues another's. */
  readonly previous?: string | undefined;
  /** What the provider calls this stay of the person. */
  readonly providerSession?: string | undefined;
}

export interface SignInsOptions {
  readonly storage: Storage;
  readonly directory: Pick<Directory, 'find'>;
  readonly revocations: Pick<Revocations, 'endWithin' | 'refresh'>;
  /** Whether a local account of that name may be signed in; absent: each may. */
  readonly admits?: (name: string) => boolean;
  readonly now?: () => number;
  readonly random?: (size: number) => Buffer;
}

const LIFETIME_MS = 8 * 60 * 60_000;
const SECRET = /^[A-Za-z0-9_-]{43}$/;

export function openSignIns({ storage, directory, revocations, admits = () => true, now = Date.now, random = randomBytes }: SignInsOptions): SignIns {
  const { db } = storage;

  async function endByIds(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    await db.transaction().execute(async (transaction) => {
      await transaction.deleteFrom('sign_ins').where('secret_hash', 'in', ids).execute();
      await revocations.endWithin(transaction, ids);
    });
    await revocations.refresh();
  }

  async function subjectOf({ issuer, kind, subject: id }: SignInRow): Promise<Subject | undefined> {
    // Only `start` writes the kind.
    if (issuer !== LOCAL_ISSUER) return directory.find({ issuer, kind: kind as SubjectKind, id });
    if (!admits(id)) return undefined;
    const account = await db.selectFrom('accounts').select(['name', 'kind', 'member_of']).where('name', '=', id).executeTakeFirst();
    return account && accountSubject(account);
  }

  async function findById(id: string): Promise<SignIn | undefined> {
    const row = await db.selectFrom('sign_ins').selectAll().where('secret_hash', '=', id).where('expires_at', '>', now()).executeTakeFirst();
    const subject = row && (await subjectOf(row));
    return row && subject && { subject, csrf: row.csrf, expiresAt: row.expires_at, id };
  }

  return {
    async start({ issuer, kind, id: subjectId, ...subject }, { previous, providerSession } = {}) {
      await db.deleteFrom('sign_ins').where('expires_at', '<=', now()).execute();
      if (previous !== undefined && SECRET.test(previous)) await endByIds(await known(hashOf(previous)));
      const [secret, csrf] = [random(32).toString('base64url'), random(32).toString('base64url')];
      const id = hashOf(secret);
      const [createdAt, expiresAt] = [now(), now() + LIFETIME_MS];
      const row = {
        secret_hash: id,
        issuer,
        kind,
        subject: subjectId,
        csrf,
        created_at: createdAt,
        expires_at: expiresAt,
        provider_session: providerSession ?? null,
      };
      await db.insertInto('sign_ins').values(row).execute();
      return { subject: { issuer, kind, id: subjectId, ...subject }, csrf, expiresAt, id, secret };
    },
    find: (secret) => (SECRET.test(secret) ? findById(hashOf(secret)) : Promise.resolve(undefined)),
    current: findById,
    async end(secret) {
      await endByIds(await known(hashOf(secret)));
    },
    async endWhere({ issuer, kind, id, providerSession }) {
      if (id === undefined && providerSession === undefined) return 0;
      const rows = await db
        .selectFrom('sign_ins')
        .select('secret_hash')
        .where('issuer', '=', issuer)
        .$if(kind !== undefined, (query) => query.where('kind', '=', kind ?? ''))
        .$if(id !== undefined, (query) => query.where('subject', '=', id ?? ''))
        .$if(providerSession !== undefined, (query) =>
          query.where((is) => is.or([is('provider_session', '=', providerSession ?? ''), ...(id === undefined ? [] : [is('provider_session', 'is', null)])])),
        )
        .execute();
      await endByIds(rows.map(({ secret_hash: each }) => each));
      return rows.length;
    },
  };

  /** What a stranger invents is not kept as something that ended. */
  async function known(id: string): Promise<readonly string[]> {
    const row = await db.selectFrom('sign_ins').select('secret_hash').where('secret_hash', '=', id).executeTakeFirst();
    return row ? [id] : [];
  }
}

const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('hex');
