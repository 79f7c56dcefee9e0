import type { Assertion, Confirmation } from './assertion.ts';
import { refused } from './refused.ts';
import { SKEW_MS } from './time.ts';

/** What an assertion must be for. */
export interface Expected {
  /** Entity id of the provider. */
  readonly issuer: string;
  /** Entity id of this gateway at that provider. */
  readonly audience: string;
  /** Where replies of that provider are sent. */
  readonly recipient: string;
  /** Id of the request that is answered. */
  readonly request: string;
  readonly now: number;
}

/** No assertion is remembered, or good, for longer. */
const LONGEST_MS = 60 * 60_000;

/** Throws `unauthenticated`. The result is when the assertion is over in any case: until then it is remembered. */
export function checkConditions(assertion: Assertion, expected: Expected): number {
  if (assertion.issuer !== expected.issuer) throw refused('the assertion is of another issuer than the one configured');
  if (assertion.audiences.length === 0 || !assertion.audiences.every((audiences) => audiences.includes(expected.audience)))
    throw refused('the assertion is for another audience, or says none');
  checkTimes(assertion, expected.now);
  const bearer = assertion.confirmations.filter((one) => confirms(one, expected));
  if (bearer.length === 0) throw refused('no confirmation of the assertion is for this address, this request and this moment');
  if (assertion.sessionEndsAt !== undefined && expected.now - SKEW_MS >= assertion.sessionEndsAt) throw refused('the session at the provider is over');
  return latest([assertion.notOnOrAfter, ...bearer.map(({ notOnOrAfter }) => notOnOrAfter)], expected.now);
}

function checkTimes({ notBefore, notOnOrAfter }: Pick<Assertion, 'notBefore' | 'notOnOrAfter'>, now: number): void {
  if (notBefore !== undefined && now + SKEW_MS < notBefore) throw refused('the assertion is not valid yet');
  if (notOnOrAfter !== undefined && now - SKEW_MS >= notOnOrAfter) throw refused('the assertion has expired');
}

/** The web browser profile (saml-profiles 4.1.4.2) wants each of these of a bearer. */
function confirms({ recipient, inResponseTo, notBefore, notOnOrAfter }: Confirmation, expected: Expected): boolean {
  if (recipient !== expected.recipient || inResponseTo !== expected.request) return false;
  if (notOnOrAfter === undefined || expected.now - SKEW_MS >= notOnOrAfter) return false;
  return notBefore === undefined || expected.now + SKEW_MS >= notBefore;
}

function latest(times: readonly (number | undefined)[], now: number): number {
  const until = Math.max(...times.filter((time) => time !== undefined)) + SKEW_MS;
  if (until - now > LONGEST_MS) throw refused('the assertion is valid for longer than an hour: shorten its life at the provider');
  return until;
}
