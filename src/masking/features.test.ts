import assert from 'node:assert/strict';
import { test } from 'node:test';
import { featuresOf, HAS, type Features } from './features.ts';

const longest = (text: string, pattern: RegExp): number => Math.max(0, ...(text.match(pattern) ?? []).map((each) => each.length));
const count = (text: string, pattern: RegExp): number => (text.match(pattern) ?? []).length;

/** The same by patterns, a character at a time for the chain. */
function expected(text: string): Omit<Features, 'seen'> {
  return {
    length: text.length,
    digits: count(text, /[0-9]/g),
    chain: longestChain(text),
    run: longest(text, /[A-Za-z0-9_+/=.-]+/g),
    word: longest(text, /[A-Za-z0-9]+/g),
    colons: count(text, /:/g),
    dashes: count(text, /-/g),
    dots: count(text, /\./g),
    letters: count(text, /[A-Za-z]/g),
    capitals: count(text, /[A-Z]/g),
  };
}

function longestChain(text: string): number {
  const chains = text.match(/[0-9](?:[ ./()\u0080-\uffff-]{0,3}[0-9])*/g) ?? [];
  return Math.max(0, ...chains.map((chain) => count(chain, /[0-9]/g)));
}

function seen(text: string): readonly string[] {
  const signs: Readonly<Record<keyof typeof HAS, RegExp>> = {
    digit: /[0-9]/,
    letter: /[A-Za-z]/,
    at: /@/,
    colon: /:/,
    dot: /\./,
    dash: /-/,
    // oxlint-disable-next-line no-control-regex -- white space of ASCII
    space: /[ \t\n\r]/,
    // oxlint-disable-next-line no-control-regex -- what is looked for
    control: /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/,
    wide: /[\u0080-\uffff]/,
    slash: /\//,
    brace: /[{[]/,
    quote: /"/,
    escape: /[\\%]/,
    assign: /[=>|'`]/,
  };
  return Object.entries(signs).flatMap(([name, sign]) => (sign.test(text) ? [name] : []));
}

const namesOf = (bits: number): readonly string[] => Object.entries(HAS).flatMap(([name, bit]) => ((bits & bit) === 0 ? [] : [name]));

/** A small generator of its own, so that a failure can be repeated. */
function texts(amount: number): readonly string[] {
  const signs = [...'abcXYZ0123456789:.-/@ ()_+={["\\%>|\'`,;\n\t'.split(''), '\u0000', '\u007f', '\u00e9', '\u0142', '\u2013', '\u{1f600}'];
  let state = 7;
  const next = (below: number): number => (state = (state * 48_271) % 2_147_483_647) % below;
  return Array.from({ length: amount }, (_, index) => {
    const few = index % 3 === 0 ? 20 : index % 3 === 1 ? signs.length - 3 : signs.length;
    return Array.from({ length: next(index % 2 === 0 ? 12 : 160) }, () => signs[next(few)]).join('');
  });
}

test('what one pass tells of a text is what patterns tell of it: short, long, and beyond Latin-1', () => {
  for (const text of [...texts(4000), 'ab 12-34. '.repeat(10_000), `${'ab 12-34. '.repeat(10_000)}\u0142`]) {
    const features = featuresOf(text);
    const { chain, colons, dashes, digits, dots, capitals, length, letters, run, word } = features;
    assert.deepEqual({ chain, colons, dashes, digits, dots, capitals, length, letters, run, word }, expected(text), JSON.stringify(text.slice(0, 200)));
    assert.deepEqual(namesOf(features.seen), seen(text), JSON.stringify(text.slice(0, 200)));
  }
});
