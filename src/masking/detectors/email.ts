import type { Detector, Finding, Probe } from '../detector.ts';
import { HAS } from '../features.ts';
import { matches } from '../matches.ts';

/** As it is, or as a URL writes it. */
const SIGN = /@|%40/g;
/** Of what RFC 5321 allows, without what parts an address from its surroundings in URLs, JSON and program text. */
const LOCAL = /[\p{L}\p{N}.!$%'+^_~-]/u;
const DOMAIN = /(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?\.){1,8}(?:xn--[a-z0-9-]{2,40}|\p{L}{2,24})(?![\p{L}\p{N}_])/uy;
const MAX_LOCAL = 64;

/** E-mail addresses. */
export const email: Detector = {
  name: 'email',
  description: 'e-mail addresses, international ones included',
  kinds: ['email'],
  context: /\be ?mails?\b/,
  mayFind: (features) => (features.seen & (HAS.at | HAS.escape)) !== 0,
  find: findEmails,
};

function findEmails({ text }: Probe): readonly Finding[] {
  const findings: Finding[] = [];
  for (const { index: at, 0: sign } of matches(text, SIGN)) {
    const start = localStart(text, at);
    DOMAIN.lastIndex = at + sign.length;
    const domain = start < at ? DOMAIN.exec(text)?.[0] : undefined;
    if (domain === undefined) continue;
    const end = at + sign.length + domain.length;
    if (text.slice(start, at) === 'git' && text[end] === ':') continue;
    findings.push({ start, end, detector: 'email', kind: 'email', score: 0.9 });
  }
  return findings;
}

/** Where the part before the `@` begins; at the `@` itself where there is none. */
function localStart(text: string, at: number): number {
  let start = at;
  while (start > 0 && at - start < MAX_LOCAL && LOCAL.test(text[start - 1] ?? '')) start -= 1;
  while (start < at && /[.'%$!]/.test(text[start] ?? '')) start += 1;
  return start;
}
