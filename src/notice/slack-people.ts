import { isSallyportError } from '../core/error.ts';
import { member } from '../core/json.ts';
import type { SlackCall } from './slack-api.ts';

/** The name of the person behind a Slack user; undefined for everybody who is not configured. */
export type SlackPeople = (user: string) => Promise<string | undefined>;

/**
 * By the user's id, else by the e-mail address that Slack has of them, which counts only where the same address in our own
 * workspace names the same user: guests of shared channels bring addresses that their own workspaces vouch for.
 */
export function createSlackPeople(people: Readonly<Record<string, string>>, call: SlackCall, signal: () => AbortSignal): SlackPeople {
  const byEmail = new Map(Object.entries(people).flatMap(([who, name]) => (who.includes('@') ? [[who.toLowerCase(), name] as const] : [])));
  return async (user) => {
    if (Object.hasOwn(people, user)) return people[user];
    if (byEmail.size === 0) return undefined;
    try {
      const email = member(member(member(await call('users.info', { user }, signal()), 'user'), 'profile'), 'email');
      const name = typeof email === 'string' ? byEmail.get(email.toLowerCase()) : undefined;
      if (typeof email !== 'string' || name === undefined) return undefined;
      const found = member(await call('users.lookupByEmail', { email }, signal()), 'user');
      return member(found, 'id') === user && member(found, 'deleted') !== true ? name : undefined;
    } catch (error) {
      if (isSallyportError(error, 'usage')) return undefined;
      throw error;
    }
  };
}
