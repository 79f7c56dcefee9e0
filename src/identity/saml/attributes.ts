import { isIdentityText } from '../identity-text.ts';
import type { Assertion } from './assertion.ts';
import { TRANSIENT } from './names.ts';
import { refused } from './refused.ts';

/** Which attributes say who it is; absent means the NameID, and for groups none. */
export interface AttributeNames {
  readonly id?: string;
  readonly name?: string;
  readonly groups?: string;
}

/** Who came in by this door. */
export interface SamlProfile {
  readonly issuer: string;
  readonly id: string;
  readonly name: string;
  readonly groups: readonly string[];
}

/** Where Entra puts a link instead of groups when somebody is in more than 150. */
const ELSEWHERE = 'http://schemas.microsoft.com/claims/groups.link';

/** Throws `unauthenticated`. Without a configured attribute nobody signs in, but for groups: whoever is in none brings none. */
export function readProfile(assertion: Assertion, names: AttributeNames): SamlProfile {
  const id = names.id === undefined ? stableNameId(assertion) : single(assertion, names.id);
  const name = names.name === undefined ? id : single(assertion, names.name);
  return { issuer: assertion.issuer, id, name, groups: names.groups === undefined ? [] : groupsOf(assertion, names.groups) };
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
function groupsOf(assertion: Assertion, name: string): readonly string[] {
  const groups = valuesOf(assertion, name);
  if (groups.length === 0 && assertion.attributes.some((one) => one.name === ELSEWHERE)) {
    throw refused('the groups are too many for the assertion: have the provider send only those assigned to this application');
  }
  if (!groups.every(isIdentityText)) throw refused(`the attribute ${name} is malformed`);
  return [...new Set(groups)];
}

function valuesOf({ attributes }: Assertion, name: string): readonly string[] {
  return attributes
    .filter((one) => one.name === name)
    .flatMap(({ values }) => {
      if (values === undefined) throw refused(`the attribute ${name} is malformed`);
      return values;
    });
}
