import type { Finding } from '../detector.ts';
import { readKey } from '../key.ts';
import { matches } from '../matches.ts';
import { isPlausibleSecret, looksRandom } from './secret-value.ts';

/** Parts of names that may hold a secret; what the whole name says is for `readKey`. */
const TELLING =
  /pass|pwd|pw\b|psw|secret|token|key|auth|cred|dsn|cookie|connection ?str|mnemonic|seed|recovery|backup code|signature|cvv|cvc|\bpin\b|otp|senha|contrase|mot de passe|passwort/gi;
const NAME_BEFORE = /[\p{L}\p{N}_. -]{0,48}$/u;
const NAME_AFTER = /[\p{L}\p{N}_]*(?:[.-][\p{L}\p{N}_]+)*/uy;
const SIGN =
  /\\?["'`\])]{0,2}[ \t]{0,8}(?:(?::[ \t]{0,4})?(?:\*?string|str|String|char\[\]|&str|varchar|text)[ \t]{0,4})?(?:[|:?.+]{0,3}={1,3}>?|\|{0,2}:{1,3}>?|>|,(?=\s{0,4}\\?["'`])|["']?[ \t]{1,4}value[ \t]{0,4}=|[ \t](?:is|was)(?=[ \t:])(?:[ \t](?:set to|now))?:?)\s{0,40}/y;
const OPENING = /(?:[rbuf@$]{0,2}|\(|\$\(shell echo )(\\{0,3})(["'`])\2{0,2}/y;
const BARE = /[^\s"'`,;<>(){}[\]&|\\]{3,512}/y;
const MAX_NAME = 96;
const MAX_QUOTED = 1024;

/** Values given to a name that says that they are secret: `password = "..."`, `"api_key": "..."`, `<token>...`, `the password is ...`. */
export function findAssigned(text: string): readonly Finding[] {
  const findings: Finding[] = [];
  let from = 0;
  for (const match of matches(text, TELLING)) {
    if (match.index < from) continue;
    const nameEnd = endOf(NAME_AFTER, text, match.index + match[0].length, MAX_NAME);
    from = nameEnd;
    const valueStart = endOf(SIGN, text, nameEnd, 80);
    if (valueStart === nameEnd) continue;
    const finding = assigned(text, nameOf(text, match.index, nameEnd), valueStart);
    if (finding) findings.push(finding);
  }
  return findings;
}

/** End of what the sticky pattern matches at `at`; `at` where it does not match, or matches too much to be a name. */
function endOf(pattern: RegExp, text: string, at: number, most: number): number {
  pattern.lastIndex = at;
  const length = pattern.exec(text)?.[0].length ?? 0;
  return length > most ? at : at + length;
}

/** The name with its telling part: words before it count when they belong to the same name. */
function nameOf(text: string, start: number, end: number): string {
  const before = NAME_BEFORE.exec(text.slice(Math.max(0, start - 48), start))?.[0] ?? '';
  return before + text.slice(start, end);
}

function assigned(text: string, name: string, at: number): Finding | undefined {
  const { secret } = readKey(name);
  if (secret === 'none') return undefined;
  // A bare word on the next line is a name of its own, but for the text of an XML element.
  const value = quoted(text, at) ?? (/[^>\s]\s*\n\s*$/.test(text.slice(Math.max(0, at - 48), at)) ? undefined : bare(text, at));
  if (!value) return undefined;
  const content = text.slice(value.start, value.end);
  const random = looksRandom(content) || isPlausibleSecret(content, { strength: secret, quoted: value.quoted });
  if (!random || !isPlausibleSecret(content, { strength: secret === 'weak' ? 'weak' : 'strong', quoted: value.quoted || looksRandom(content) }))
    return undefined;
  return { start: value.start, end: value.end, detector: 'secret', kind: 'secret', score: 0.7 };
}

interface Value {
  readonly start: number;
  readonly end: number;
  readonly quoted: boolean;
}

function quoted(text: string, at: number): Value | undefined {
  OPENING.lastIndex = at;
  const opening = OPENING.exec(text);
  if (!opening) return undefined;
  const start = at + opening[0].length;
  const close = text.slice(start, start + MAX_QUOTED).indexOf(opening[2] ?? '"');
  if (close <= 0) return undefined;
  const escapes = opening[1]?.length ?? 0;
  return { start, end: start + close - escapes, quoted: true };
}

/** A word without quotes; a call or an index is program text and no value. */
function bare(text: string, at: number): Value | undefined {
  BARE.lastIndex = at;
  const word = BARE.exec(text)?.[0].replace(/[.!?:]+$/, '');
  if (!word || /[([]/.test(text[at + word.length] ?? '')) return undefined;
  return { start: at, end: at + word.length, quoted: false };
}
