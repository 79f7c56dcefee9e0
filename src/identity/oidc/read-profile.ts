import { member, type JsonObject, type JsonValue } from '../../core/json.ts';
import { emailDomain } from '../email-domain.ts';
import { isIdentityText } from '../identity-text.ts';
import type { Profile } from '../profile.ts';
import { claimAt } from './claim-path.ts';
import { refused } from './refused.ts';
import type { OidcSettings } from './settings.ts';

/** What the provider said: the verified ID token, and its userinfo where that was asked for. */
export interface Said {
  readonly token: JsonObject;
  readonly userinfo?: JsonObject;
  /** Groups that were asked for elsewhere, since there are too many for a token. */
  readonly groups?: readonly string[];
}

/** Far more than a person is in; each of them is in every record of what the person does. */
const MAX_GROUPS = 1_000;

/** Throws `unauthenticated`. What is missing is refused, not left out: a rule that restricts a group would not hold for who has none. */
export function readProfile(said: Said, settings: OidcSettings): Profile {
  for (const [path, values] of Object.entries(settings.require)) checkRequired(said.token, path, values);
  const id = claimAt(said.token, settings.claims.id);
  if (!isIdentityText(id)) throw refused(`the claim ${settings.claims.id} is missing or malformed`);
  const session = member(said.token, 'sid');
  return {
    issuer: settings.issuer,
    id,
    name: readName(said, settings),
    groups: readGroups(said, settings).map((group) => `${settings.groups.prefix}${group}`),
    ...(isIdentityText(session) ? { providerSession: session } : {}),
  };
}

/** Whether the provider has groups of the person, but not in the token. */
export function hasGroupsElsewhere({ token, userinfo }: Said, { claims, groups }: OidcSettings): boolean {
  const name = claims.groups.split('.')[0] ?? '';
  const source = groups.from === 'userinfo' ? (userinfo ?? token) : token;
  if (claimAt(source, claims.groups) !== undefined) return false;
  return [token, source].some((each) => Object.hasOwn(each, 'hasgroups') || member(member(each, '_claim_names'), name) !== undefined);
}

function checkRequired(token: JsonObject, path: string, allowed: readonly string[]): void {
  const value = claimAt(token, path);
  const values = Array.isArray(value) ? value : [value];
  if (!values.some((one) => typeof one === 'string' && allowed.includes(one)))
    throw refused(`the claim ${path} is not one of those that may come in here`, { hint: 'sign in with an account of your organisation' });
}

function readName({ token, userinfo }: Said, { claims, trustEmail, domains }: OidcSettings): string {
  // Both are of the same person: the one of another subject was refused before.
  const source = [token, userinfo].find((each) => each && claimAt(each, claims.name) !== undefined) ?? token;
  const name = claimAt(source, claims.name);
  if (!isIdentityText(name))
    throw refused(`the claim ${claims.name} is missing or malformed`, { hint: 'ask for its scope, or configure another claim as the name' });
  if (claims.name === 'email' && !trustEmail && !isTrue(member(source, 'email_verified')))
    throw refused('the e-mail address is not verified', { hint: 'have the provider say email_verified, or configure another claim as the name' });
  if (domains.length > 0 && !domains.includes(emailDomain(name) ?? ''))
    throw refused('this account is of a domain that this provider does not speak for', { hint: 'sign in with the provider of your organisation' });
  return name;
}

/** Some providers send the flag as text. */
const isTrue = (flag: JsonValue | undefined): boolean => flag === true || flag === 'true';

function readGroups(said: Said, settings: OidcSettings): readonly string[] {
  const { claims, groups } = settings;
  if (groups.from === 'none') return [];
  const source = groups.from === 'userinfo' ? said.userinfo : said.token;
  const value = said.groups ?? (source && claimAt(source, claims.groups));
  if (value === undefined && groups.missing === 'none' && !hasGroupsElsewhere(said, settings)) return [];
  if (value === undefined)
    throw refused(`the provider did not say which groups this person is in: the claim ${claims.groups} is missing`, {
      hint: 'docs/identity/ says how each provider sends groups',
    });
  const list: readonly JsonValue[] = typeof value === 'string' ? [value] : Array.isArray(value) ? value : [null];
  if (list.length > MAX_GROUPS)
    throw refused(`the person is in more than ${MAX_GROUPS} groups`, { hint: 'have the provider send only those of this application' });
  if (!list.every((one) => isIdentityText(one))) throw refused(`the claim ${claims.groups} is malformed`);
  return [...new Set(list)];
}
