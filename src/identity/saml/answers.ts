import { createHash } from 'node:crypto';
import { isSallyportError } from '../../core/error.ts';
import type { Storage } from '../../storage/storage.ts';
import type { Profile } from '../profile.ts';

/**
 * Who providers said came in. A provider's page posts its reply, and a post from another site brings no cookie along: so it waits here, in the
 * database, until the same browser comes for it by itself.
 */
export interface SamlAnswers {
  /** False where there is one for this attempt already. */
  put(provider: string, state: string, profile: Profile): Promise<boolean>;
  /** Given once. */
  take(provider: string, state: string): Promise<Profile | undefined>;
}

const KEEP_MS = 5 * 60_000;

export function openSamlAnswers({ db }: Pick<Storage, 'db'>, now: () => number): SamlAnswers {
  return {
    async put(provider, state, profile) {
      await db.deleteFrom('saml_answers').where('until_at', '<=', now()).execute();
      const row = { state_hash: hashOf(state), provider, profile: JSON.stringify(profile), until_at: now() + KEEP_MS };
      try {
        await db.insertInto('saml_answers').values(row).execute();
        return true;
      } catch (error) {
        if (isSallyportError(error, 'conflict')) return false;
        throw error;
      }
    },
    async take(provider, state) {
      const row = await db
        .deleteFrom('saml_answers')
        .where('state_hash', '=', hashOf(state))
        .where('provider', '=', provider)
        .where('until_at', '>', now())
        .returning('profile')
        .executeTakeFirst();
      // Only `put` writes it.
      return row && (JSON.parse(row.profile) as Profile);
    },
  };
}

const hashOf = (state: string): string => createHash('sha256').update(state).digest('hex');
