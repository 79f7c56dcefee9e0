import type { PerPersonSpec } from '../../core/credential-spec.ts';
import { SallyportError } from '../../core/error.ts';
import { principalOf, type Subject } from '../../core/subject.ts';
import { subjectOf, type CredentialUse } from '../credential.ts';
import type { Presence } from './registration.ts';

/** A target that is opened with each person's own account. */
export interface PersonalTarget {
  readonly name: string;
  readonly address: string;
  readonly spec: PerPersonSpec;
}

/** Where the gateway at this address speaks for one target. */
export function presenceAt(url: string, target: string): Presence {
  const base = linkTo(url, target);
  return { redirectUri: `${base}/callback`, documentUrl: `${base}/client.json` };
}

/** The person, or the one for whom an AI agent acts. Throws `not_connected` where nobody can have an account. */
export function personOf(use: CredentialUse): Subject {
  const person = principalOf(subjectOf(use));
  if (person.kind === 'person') return person;
  throw new SallyportError('not_connected', `"${use.target}" is opened with each person's own account, and no person asks`, {
    hint: 'only people can connect one',
  });
}

/** What a caller is told: which page mends it. `url`: of the gateway. */
export function notConnected(what: string, person: Subject, { name }: PersonalTarget, url: string): SallyportError {
  const link = linkTo(url, name);
  return new SallyportError('not_connected', what, {
    hint: `${person.name} has to open ${link} in a browser, signed in to the gateway, and connect it; then call again`,
    link,
  });
}

const linkTo = (url: string, target: string): string => `${url}/connect/${target}`;
