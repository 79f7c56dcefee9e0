import type { Context } from 'hono';
import type { NamePassword } from '../../identity/bearer.ts';
import type { SignInResult } from '../../identity/accounts.ts';
import { clientOf } from '../client.ts';
import type { ApiDeps, ApiEnv } from '../deps.ts';
import { RateLimit } from '../rate-limit.ts';
import { refuse } from '../refusal.ts';

/** Checks a name and password within limits; shared by sign-in and by tokens for workloads. */
export type SignInAttempt = (c: Context<ApiEnv>, given: NamePassword, client: string) => Promise<SignInResult | { readonly kind: 'limited' }>;

export function createSignInAttempt({ accounts, now = Date.now }: ApiDeps): SignInAttempt {
  const byName = new RateLimit({ burst: 10, perMinute: 10, now });
  const byAddress = new RateLimit({ burst: 60, perMinute: 60, now });
  return async (c, { name, password }, client) => {
    const { address, ...rest } = clientOf(c, client);
    if (!byAddress.take(address) || !byName.take(JSON.stringify([address, name.slice(0, 320)]))) return { kind: 'limited' };
    return accounts.verify(name, password, { address, ...rest });
  };
}

/** Says the same of a wrong name, a wrong password and a locked account. */
export function refuseSignIn(c: Context<ApiEnv>, kind: 'refused' | 'busy' | 'limited'): Response {
  if (kind === 'refused') return refuse(c, 401, 'unauthenticated', 'the name or the password is wrong', 'after several failures an account waits some minutes');
  c.header('retry-after', kind === 'busy' ? '2' : '60');
  return refuse(c, kind === 'busy' ? 503 : 429, 'limit_exceeded', 'too many attempts', 'wait a minute before you try again');
}
