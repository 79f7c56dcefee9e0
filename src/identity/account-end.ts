import type { Transaction } from 'kysely';
import { subjectKey } from '../core/subject.ts';
import { endConnections } from '../storage/end-connections.ts';
import type { Schema } from '../storage/schema.ts';
import { LOCAL_ISSUER } from './local-issuer.ts';
import { recordEnds } from './revocations.ts';

/**
 * The account with everything that is somebody's because of it: whoever is given the name next starts with nothing. What was
 * issued to it ends, whether or not a sign-in of it is still there. False where there is no such account.
 */
export async function endAccount(db: Transaction<Schema>, name: string, now: number): Promise<boolean> {
  const account = await db.deleteFrom('accounts').where('name', '=', name).returning('kind').executeTakeFirst();
  if (!account) return false;
  const key = subjectKey({ kind: account.kind, issuer: LOCAL_ISSUER, id: name });
  const signIns = await db.deleteFrom('sign_ins').where('issuer', '=', LOCAL_ISSUER).where('subject', '=', name).returning('secret_hash').execute();
  await db.deleteFrom('passkeys').where('account', '=', name).execute();
  await db.deleteFrom('oauth_consents').where('subject_key', '=', key).execute();
  await db.deleteFrom('connect_flows').where('person_key', '=', key).execute();
  await endConnections(db, now).where('person_key', '=', key).execute();
  await recordEnds(db, [key, ...signIns.map(({ secret_hash: id }) => id)], now);
  return true;
}
