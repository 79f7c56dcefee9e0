import { featuresOf, HAS } from './features.ts';

/** What the key of a JSON member, or the name in an assignment, says about its value. */
export interface KeyTraits {
  /** The key as lower-case words: `customerSSN` -> `customer ssn`. */
  readonly words: string;
  /**
   * Whether the name says that its value is a secret. `strong`: any plausible value is (`password`, `client_secret`);
   * `weak`: only one that also looks random (`token`, `key`); `phrase`: a secret that is made of words.
   */
  readonly secret: 'none' | 'weak' | 'strong' | 'phrase';
  /** A name that says nothing (`value`, `items`): the name above it counts. */
  readonly empty: boolean;
  /** The key is long or odd enough to be a value itself: it is masked like one. */
  readonly odd: boolean;
  /** Answers of `keySays`, kept. */
  readonly said: Map<RegExp, boolean>;
}

export const NO_KEY: KeyTraits = { words: '', secret: 'none', empty: true, odd: false, said: new Map() };

/** Whether the key holds a word of `context`. */
export function keySays(key: KeyTraits, context: RegExp): boolean {
  if (key.words === '') return false;
  let says = key.said.get(context);
  if (says === undefined) key.said.set(context, (says = context.test(key.words)));
  return says;
}

const MAX_KEY = 128;
const MAX_KNOWN = 4096;

/** Remembers the keys it has read: replies repeat theirs. Bounded, as keys come from the target. */
export function createKeyReader(): (key: string) => KeyTraits {
  const known = new Map<string, KeyTraits>();
  return (key) => {
    const before = known.get(key);
    if (before !== undefined) return before;
    const traits = readKey(key);
    if (known.size >= MAX_KNOWN) known.clear();
    if (key.length <= MAX_KEY) known.set(key, traits);
    return traits;
  };
}

export function readKey(key: string): KeyTraits {
  const words = wordsOf(key.slice(-MAX_KEY));
  return { words, secret: secretOf(words), empty: EMPTY.test(words), odd: isOdd(key), said: new Map() };
}

/** Seven digits, an `@`, twenty characters in a run, or a character that may have to be removed. */
function isOdd(key: string): boolean {
  const { digits, run, seen } = featuresOf(key);
  return digits >= 7 || run >= 20 || (seen & (HAS.at | HAS.control | HAS.wide)) !== 0;
}

function wordsOf(key: string): string {
  return key
    .replace(/([\p{Ll}\d])(\p{Lu})/gu, '$1 $2')
    .replace(/(\p{Lu})(\p{Lu}\p{Ll})/gu, '$1 $2')
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()
    .toLowerCase();
}

const EMPTY = /^(?:values?|items?|numbers?|no|nr|text|raw|data|content|primary|secondary|default|current|plain|string|\d*)$/;

/** What may follow the telling word without changing what it tells. */
const TAIL =
  '(?: (?:values?|text|plain|plaintext|clear|raw|string|str|base64|b64|enc|encoded|encrypted|hash|prod|production|dev|test|live|sandbox|staging|old|new|current|previous|primary|secondary|default|\\d+))*$';

const STRONG = new RegExp(
  '(?:^| )(?:pass ?words?|pass ?wds?|passwort|mot de passe|contrasena|contraseña|senha|pass ?code|pwd|psw|pw|secrets?|(?:app|client|consumer|shared|webhook|signing|token|user|access)secret|' +
    'api ?keys?|api ?tokens?|apikey token|access ?tokens?|auth(?:entication|orization)? ?(?:tokens?|keys?)|refresh ?tokens?|id tokens?|bearer(?: tokens?)?|session ?(?:tokens?|keys?)|' +
    'secret ?(?:access ?)?keys?|access ?keys?|account ?keys?|shared ?(?:access ?)?keys?|private ?keys?|signing ?keys?|signature keys?|encryption ?keys?|master ?keys?|service ?(?:account )?keys?|storage keys?|' +
    'license keys?|deploy tokens?|personal access tokens?|pat|credentials?|creds|authorization|connection ?strings?|conn ?str|dsn|cvv2?|cvc2?|otp|totp|one time (?:code|password)|verification codes?|' +
    'pin|pin code|passkeys?|(?:set )?cookie|session ?id|sessid|sas token|access ?secrets?)' +
    TAIL,
  'u',
);
const WEAK = new RegExp('(?:^| )(?:\\w{0,30}(?:token|secret|password|passwd|apikey)s?|keys?|auth|pass|cred|signature|sig|jwt|\\w{1,20}key)' + TAIL, 'u');
const PHRASE = /(?:^| )(?:pass ?phrases?|mnemonic|seed (?:phrase|words?)|recovery (?:phrase|codes?|keys?)|backup codes?|secret (?:answer|phrase))$/u;

/** Names with a telling word that mean something else. */
const HARMLESS =
  /(?:^| )(?:(?:next|prev|previous|page|paging|pagination|continuation|cursor|progress|resume|sync|start|end|eos|bos|pad|unk|mask|stop|max|min|num|total|prompt|completion|input|output|cached|reasoning|usage|csrf param|public|foreign|primary|partition|sort|range|group|cache|hash|row|column|object|json|unique|translation|i18n|issue|project|shortcut|hot|tab|arrow|map|dictionary|natural|surrogate|composite|idempotency) (?:page )?(?:tokens?|keys?)|tokens? (?:type|count|limit|usage|per .*)|key (?:name|id|type|path|usage|value)|mon ?key|tur ?key|hoc ?key|keyword)s?(?: \d+)?$/u;

function secretOf(words: string): KeyTraits['secret'] {
  if (words === '') return 'none';
  if (PHRASE.test(words)) return 'phrase';
  if (HARMLESS.test(words)) return 'none';
  if (STRONG.test(words)) return 'strong';
  return WEAK.test(words) ? 'weak' : 'none';
}
