import { emailDomain } from '../email-domain.ts';
import { isIdentityText } from '../identity-text.ts';
import type { Profile } from '../profile.ts';
import type { Assertion } from './assertion.ts';
import { TRANSIENT } from './names.ts';
import { refused } from './refused.ts';

/** Which attributes say who it is; absent means the NameID, and for groups none. */
export interface SamlAttributes {
  readonly id?: string;
  readonly name?: string;
  readonly groups?: string;
  /** What becomes of a person without the attribute of groups. */
  readonly missing: 'refuse' | 'none';
  /** Put before each group. */
  readonly prefix: string;
  /** Where there are any, the name has to be an address of one of them. */
  readonly domains: readonly string[];
}

/** Where Entra puts a link instead of groups when somebody is in more than 150. */
const ELSEWHERE = 'http://schemas.microsoft.com/claims/groups.link';

/** Throws `unauthenticated`: without a configured attribute nobody signs in. */
export function readProfile(assertion: Assertion, names: SamlAttributes): Profile {
  const id = names.id === undefined ? stableNameId(assertion) : single(assertion, names.id);
  const name = names.name === undefined ? id : single(assertion, names.name);
  if (names.domains.length > 0 && !names.domains.includes(emailDomain(name) ?? ''))
    throw refused('the account is of a domain that this provider does not speak for');
  const { issuer, sessionIndex } = assertion;
  const groups = names.groups === undefined ? [] : groupsOf(assertion, names.groups, names);
  return { issuer, id, name, groups, ...(sessionIndex === undefined ? {} : { providerSession: sessionIndex }) };
}

function stableNameId({ nameId }: Assertion): string {
  if (!nameId || !isIdentityText(nameId.value)) throw refused('the NameID is missing or malformed');
  if (nameId.format === TRANSIENT) throw refused('the NameID is another one at every sign-in: configure a persistent one, or an attribute as id');
  return nameId.value;
}

function single(assertion: Assertion, name: string): string {
  const values = valuesOf(assertion, name);
  const [value] = values;
  if (values.length !== 1 || !isIdentityText(value)) throw refused(`the attribute ${name} is missing, malformed or there more than once`);
  return value;
}

/** Some providers send one attribute for each group. */
function groupsOf(assertion: Assertion, name: string, { missing, prefix }: SamlAttributes): readonly string[] {
  const groups = valuesOf(assertion, name);
  if (groups.length === 0 && assertion.attributes.some((one) => one.name === ELSEWHERE)) {
    throw refused('the groups are too many for the assertion: have the provider send only those assigned to this application');
  }
  if (missing === 'refuse' && !assertion.attributes.some((one) => one.name === name)) throw refused(`the attribute ${name} is missing`);
  if (!groups.every(isIdentityText)) throw refused(`the attribute ${name} is malformed`);
  return [...new Set(groups.map((group) => `${prefix}${group}`))];
}

function valuesOf({ attributes }: Assertion, name: string): readonly string[] {
  return attributes
    .filter((one) => one.name === name)
    .flatMap(({ values }) => {
      if (values === undefined) throw refused(`the attribute ${name} is malformed`);
      return values;
    });
}
