import type { Context } from 'hono';
import type { NamePassword } from '../../identity/bearer.ts';
import type { SignInResult } from '../../identity/accounts.ts';
import { clientOf } from '../client.ts';
import type { ApiDeps, ApiEnv } from '../deps.ts';
import { RateLimit } from '../rate-limit.ts';
import { refuse } from '../refusal.ts';

/** Checks a name and password within limits; shared by sign-in and by tokens for workloads. */
export type SignInAttempt = (c: Context<ApiEnv>, given: NamePassword, client: string) => Promise<SignInResult | { readonly kind: 'limited' }>;

/** Counted before the password is looked at, so that guesses sent at once are bounded too; a right one does not count. */
export function createSignInAttempt({ accounts, locks, now = Date.now }: ApiDeps): SignInAttempt {
  const byName = new RateLimit({ burst: 10, perMinute: 10, now });
  const byAddress = new RateLimit({ burst: 60, perMinute: 60, now });
  return async (c, { name, password }, client) => {
    const who = clientOf(c, client);
    const nameKey = JSON.stringify([who.address, name.slice(0, 320)]);
    if (!byAddress.take(who.address) || !byName.take(nameKey)) return { kind: 'limited' };
    const result = await accounts.verify(name, password, who);
    // Said like a wrong password: who is locked is not told to whoever guesses.
    if ('subject' in result && locks?.find({ subject: result.subject })) return { kind: 'refused' };
    if ('subject' in result) {
      byAddress.giveBack(who.address);
      byName.giveBack(nameKey);
    }
    return result;
  };
}

/** Says the same of a wrong name, a wrong password and a locked account. */
export function refuseSignIn(c: Context<ApiEnv>, kind: 'refused' | 'busy' | 'limited' | 'second'): Response {
  if (kind === 'second') return refuse(c, 401, 'unauthenticated', 'this account signs in with its passkey', 'sign in at the console, in a browser');
  if (kind === 'refused') return refuse(c, 401, 'unauthenticated', 'the name or the password is wrong', 'after several failures an account waits some minutes');
  c.header('retry-after', kind === 'busy' ? '2' : '60');
  return refuse(c, kind === 'busy' ? 503 : 429, 'limit_exceeded', 'too many attempts', 'wait a minute before you try again');
}
