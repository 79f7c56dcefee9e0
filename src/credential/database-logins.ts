import { randomBytes } from 'node:crypto';
import { SallyportError } from '../core/error.ts';
import { eventSubject, makeEvent } from '../core/event.ts';
import type { Recorder } from '../core/recorder.ts';
import { Secret } from '../core/secret.ts';
import type { Issued } from '../core/session.ts';
import type { Subject } from '../core/subject.ts';
import type { Storage } from '../storage/storage.ts';
import { makeVerifier, type ScramVerifier } from './scram-verifier.ts';

/** A name and password that open one target for a while, to whoever speaks a protocol that takes no tokens. */
export interface DatabaseLogin {
  readonly name: string;
  readonly subject: Subject;
  /** OAuth client that it was made through. */
  readonly clientId: string;
  readonly target: string;
  readonly verifier: ScramVerifier;
  /** When it was made, and what it ends with: who was out since then does not come back with it. */
  readonly issued: Issued;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

export interface MintLogin {
  readonly subject: Subject;
  /** Ids of the sign-in that asked for it. */
  readonly through?: readonly string[];
  readonly target: string;
  readonly clientId: string;
  readonly ttlMs: number;
}

export interface MintedLogin {
  readonly user: string;
  readonly password: Secret;
  readonly expiresAt: number;
}

export interface DatabaseLogins {
  /** The password is told once; what is kept recognises it. Throws `usage` for a life that is too short or too long. */
  mint(login: MintLogin): Promise<MintedLogin>;
  /** Undefined where there is none, or no longer. */
  find(name: string): Promise<DatabaseLogin | undefined>;
}

export interface DatabaseLoginsOptions {
  readonly recorder: Recorder;
  /** The subject as it is today; undefined where it is no more. Absent: as it was. */
  readonly current?: (subject: Subject) => Promise<Subject | undefined> | Subject | undefined;
  readonly now?: () => number;
  readonly random?: (size: number) => Buffer;
}

export const SHORTEST_LOGIN_MS = 10 * 60_000;
export const LONGEST_LOGIN_MS = 8 * 3_600_000;
/** Rounds slow down guessing; there is nothing to guess in 192 random bits. */
const ITERATIONS = 4096;

export function openDatabaseLogins({ db }: Storage, options: DatabaseLoginsOptions): DatabaseLogins {
  const { recorder, current = (subject) => subject, now = Date.now, random = randomBytes } = options;
  return {
    async mint({ subject, through = [], target, clientId, ttlMs }) {
      if (ttlMs < SHORTEST_LOGIN_MS || ttlMs > LONGEST_LOGIN_MS) throw new SallyportError('usage', 'a credential lives from 10 minutes to 8 hours');
      const user = `${plainName(subject.name)}-${random(5).toString('hex')}`;
      const password = random(24).toString('base64url');
      const { salt, iterations, storedKey, serverKey } = await makeVerifier(password, random(16), ITERATIONS);
      const expiresAt = now() + ttlMs;
      await recorder.append(
        makeEvent('token.issued', { subject: eventSubject(subject), target, note: `database login ${user} until ${new Date(expiresAt).toISOString()}` }),
      );
      await db.deleteFrom('database_logins').where('expires_at', '<=', now()).execute();
      await db
        .insertInto('database_logins')
        .values({
          name: user,
          subject: JSON.stringify(subject),
          client_id: clientId,
          target,
          through: JSON.stringify(through),
          salt: salt.toString('base64'),
          iterations,
          stored_key: storedKey.toString('base64'),
          server_key: serverKey.toString('base64'),
          created_at: now(),
          expires_at: expiresAt,
        })
        .execute();
      return { user, password: new Secret(password), expiresAt };
    },

    async find(name) {
      const row = await db.selectFrom('database_logins').selectAll().where('name', '=', name).where('expires_at', '>', now()).executeTakeFirst();
      // Both columns were written above.
      const subject = row && (await current(JSON.parse(row.subject) as Subject));
      if (!row || !subject) return undefined;
      const bytes = (text: string): Buffer => Buffer.from(text, 'base64');
      return {
        name: row.name,
        subject,
        issued: { at: row.created_at, through: JSON.parse(row.through) as string[] },
        clientId: row.client_id,
        target: row.target,
        verifier: { salt: bytes(row.salt), iterations: row.iterations, storedKey: bytes(row.stored_key), serverKey: bytes(row.server_key) },
        expiresAt: row.expires_at,
      };
    },
  };
}

/** What a person recognises in a prompt; a role's name in small letters needs no quotes. */
const plainName = (name: string): string =>
  name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '_')
    .replaceAll(/^_+|_+$/g, '')
    .slice(0, 24) || 'subject';
