import type { Finding, Probe } from '../detector.ts';
import { HAS } from '../features.ts';
import { matches } from '../matches.ts';
import { isPlausibleSecret, looksRandom } from './secret-value.ts';

/** Secrets that are known by what stands around them: PEM armour, a token's dots, a URL's authority, a header's scheme. */
export function findEnclosed({ text, features }: Probe): readonly Finding[] {
  const { run, seen } = features;
  const has = (signs: number): boolean => (seen & signs) === signs;
  const mayHoldScheme = run >= MIN_SCHEME_VALUE && has(HAS.space);
  // Most texts have none of the signs: they cost these comparisons and nothing else.
  if (!mayHoldScheme && (seen & (HAS.dot | HAS.colon)) === 0) return NONE;
  let findings = has(HAS.space | HAS.dash) ? findPrivateKeys(text) : NONE;
  if (has(HAS.dot) && run >= MIN_JWT) findings = both(findings, findJwts(text));
  if (has(HAS.colon | HAS.at) && features.colons >= 2) findings = both(findings, findUrlPasswords(text));
  if (mayHoldScheme && SCHEME_WORD.test(text)) findings = both(findings, findAuthorizations(text));
  if (has(HAS.colon | HAS.dash) && text.includes('-u')) findings = both(findings, findCommandLineUsers(text));
  return findings;
}

/** Nearly always one of them is empty, and often both: then nothing is copied. */
const both = (some: readonly Finding[], more: readonly Finding[]): readonly Finding[] =>
  more.length === 0 ? some : some.length === 0 ? more : [...some, ...more];

const NONE: readonly Finding[] = [];
const MIN_JWT = 16;
const MIN_SCHEME_VALUE = 8;

const found = (start: number, end: number, kind: string): Finding => ({ start, end, detector: 'secret', kind, score: 0.9 });

const PEM_BEGIN = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/g;
const PEM_BODY = /(?:\\+[nrt]|[\sA-Za-z0-9+/=:,."'-])*/y;
const MIN_KEY_TEXT = 32;

/** From the first dash to the last; a key whose end was cut off ends where base64 does. */
function findPrivateKeys(text: string): readonly Finding[] {
  if (!text.includes('PRIVATE KEY')) return NONE;
  const findings: Finding[] = [];
  let from = 0;
  for (const begin of matches(text, PEM_BEGIN)) {
    if (begin.index < from) continue;
    const bodyStart = begin.index + begin[0].length;
    PEM_BODY.lastIndex = bodyStart;
    const end = bodyStart + armourLength(PEM_BODY.exec(text)?.[0] ?? '');
    if (text.slice(bodyStart, end).replace(/[^A-Za-z0-9+/]/g, '').length < MIN_KEY_TEXT + 'ENDPRIVATEKEY'.length) continue;
    findings.push(found(begin.index, end, 'private-key'));
    from = end;
  }
  return findings;
}

function armourLength(body: string): number {
  const end = /-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/.exec(body);
  return end ? end.index + end[0].length : body.length;
}

const JWT = /(?<![\w-])(?<![A-Za-z0-9]\.)(?:\\?[nrt])?ey[IJ][\w-]{8,}(?:\.[\w-]{4,}){1,4}\.?/g;

function findJwts(text: string): readonly Finding[] {
  if (!text.includes('ey')) return NONE;
  return matches(text, JWT)
    .filter((match) => headerOf(match[0].slice(match[0].indexOf('ey'))))
    .map((match) => found(match.index + match[0].indexOf('ey'), match.index + match[0].length, 'jwt'));
}

/** Whether the first part is base64url of a JOSE header. */
function headerOf(token: string): boolean {
  return /^\{\s*"/.test(Buffer.from(token.slice(0, Math.min(token.indexOf('.'), 4096)), 'base64url').toString('latin1'));
}

const AUTHORITY = /([^\s:@/"'<>]{0,128}):([^\s/"'<>]{1,256})@/y;

function findUrlPasswords(text: string): readonly Finding[] {
  const findings: Finding[] = [];
  for (let at = text.indexOf('://'); at >= 0; at = text.indexOf('://', at + 3)) {
    AUTHORITY.lastIndex = at + 3;
    const match = AUTHORITY.exec(text);
    const password = match?.[2];
    if (!match || password === undefined || /^(?:\$|\{|<|\*{3,}|%[({s]|\[redacted|x{3,}$)/i.test(password)) continue;
    const start = at + 3 + (match[1]?.length ?? 0) + 1;
    findings.push(found(start, start + password.length, 'url-password'));
  }
  return findings;
}

const SCHEME_WORD = /bearer|basic|token|apikey|digest/i;
const SCHEME = /\b(bearer|basic|token|apikey|digest)[ \t]{1,4}["']?([A-Za-z0-9._~+/=-]{8,8192})/gi;

function findAuthorizations(text: string): readonly Finding[] {
  const findings: Finding[] = [];
  for (const match of matches(text, SCHEME)) {
    const [whole, scheme = '', value = ''] = match;
    const end = match.index + whole.length;
    if (scheme.toLowerCase() === 'basic' ? holdsPair(value) : looksRandom(value)) findings.push(found(end - value.length, end, 'authorization'));
  }
  return findings;
}

/** RFC 7617: base64 of `user:password`. */
function holdsPair(value: string): boolean {
  return /^[\x20-\x7e]+:[\x20-\x7e]*$/.test(Buffer.from(value, 'base64').toString('latin1'));
}

const USER_OPTION = /(?<=\s)(?:-u|--user|--proxy-user)(?:[ =]{1,2}["']?|["'])([^\s:"'$]{1,64}):([^\s"']{3,128})/g;

function findCommandLineUsers(text: string): readonly Finding[] {
  return matches(text, USER_OPTION)
    .filter((match) => isPlausibleSecret(match[2] ?? '', { strength: 'strong', quoted: true }))
    .map((match) => found(match.index + match[0].length - (match[2]?.length ?? 0), match.index + match[0].length, 'authorization'));
}
