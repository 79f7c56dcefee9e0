/** Judges whether a text that stands where a secret could stand is one. */
type Strength = 'weak' | 'strong' | 'phrase';

const WORDS =
  /^(?:true|false|null|none|nil|undefined|empty|string|str|text|number|int|integer|boolean|bool|object|array|any|required|optional|invalid|valid|expired|missing|unknown|yes|no|on|off|enabled|disabled|active|inactive|bearer|basic|digest|token|tokens|password|passwd|secret|secrets|key|keys|example|changed?|changeme|reset|updated|incorrect|wrong|correct|default|redacted|hidden|masked|removed|test|testing|todo|tbd|n\/a|write-?only|read-?only|admin|user|users|env|file|value|field|header|cookie|query|body|import|public|private|self|this|new|await|return|function|const|var|let)$/i;
const STAND_IN =
  /^(?:\$[({A-Za-z_]|\{\{|<[^>]*>?$|%\(?\w|\[|\*{3,}|x{4,}$|\.{3}|@@|#\{|your[-_ ]|my[-_ ]|some[-_ ]|insert|replace|enter[-_ ]|arn:|op:\/\/|vault:|secretref:|keyvault|process\.env|os\.environ|env\[|ENC\[)|\$\{|\{\{|\.\.\.|…|_here$|redacted/i;
const CODE = /^[A-Za-z_$][\w$]*(?:(?:\.|::|->)[A-Za-z_$][\w$]*)+$/;
const ENVIRONMENT_NAME = /^[A-Z][A-Z]*(?:_[A-Z]+)+$/;
const URL_OR_PATH = /^(?:[a-z][a-z0-9+.-]{1,20}:\/\/|\.{0,2}\/(?:[a-z][\w.-]*\/)+)/;

interface ValueShape {
  readonly strength: Strength;
  /** Text between quotes is a value; a bare word may also be prose or program text. */
  readonly quoted: boolean;
}

export function isPlausibleSecret(value: string, shape: ValueShape): boolean {
  if (value.length < 4 || WORDS.test(value) || STAND_IN.test(value) || ENVIRONMENT_NAME.test(value) || URL_OR_PATH.test(value)) return false;
  if (shape.strength === 'phrase') return true;
  if (shape.strength === 'weak') return looksRandom(value);
  if (/\s/.test(value)) return shape.quoted && value.split(/\s+/).length <= 3 && /[\d!@#$%^&*]/.test(value);
  if (/^(.)\1*$/.test(value)) return false;
  return shape.quoted || (!CODE.test(value) && !/^[a-z]+(?:[-_.][a-z]+)?$/.test(value) && /[^A-Z_]/.test(value));
}

/** Letters and digits mixed within one part, and many different characters. */
export function looksRandom(value: string): boolean {
  if (/^\d{16,40}$/.test(value)) return true;
  if (value.length < 10 || value.length > 4096 || !/^[\w+/=.~:@!#$%^&*?-]+$/.test(value)) return false;
  const mixed = value.split(/[-_.:/]/).some((part) => part.length >= 8 && /\d/.test(part) && /[A-Za-z]/.test(part));
  const varied = value.length >= 20 && /\d/.test(value) && /[a-z]/.test(value) && /[A-Z]/.test(value);
  return (mixed || varied) && entropy(value) >= 2.9;
}

/** Shannon entropy in bits a character, of the first 256. */
function entropy(value: string): number {
  const text = value.slice(0, 256);
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / text.length) * Math.log2(count / text.length);
  return bits;
}
