import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readJson } from './json-reader.ts';
import type { JsonValue } from './json.ts';
import { readUsualJson } from './usual-json.ts';

const DEPTH = 12;

/** What the exact reader makes of a text; undefined where it refuses it. */
function exact(text: string): JsonValue | undefined {
  try {
    return readJson(text, DEPTH);
  } catch {
    return undefined;
  }
}

function assertAgrees(text: string): void {
  const usual = readUsualJson(text, DEPTH);
  if (usual === undefined) return;
  const said = exact(text);
  // Strict equality tells a JsonNumber from a number, and an own `__proto__` from an inherited one.
  assert.deepStrictEqual(usual, said, text.slice(0, 300));
  assert.equal(JSON.stringify(usual), JSON.stringify(said), text.slice(0, 300));
}

/** A small generator of its own, so that a failure can be repeated. */
function numbers(): (below: number) => number {
  let state = 20_261_121;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const SCALARS = [
  ...['0', '1', '-1', '42', '-0', '0.5', '-0.25', '1.0', '1.50', '0.1', '0.000001', '0.0000001', '1e3', '1E3', '1e-7', '2e400', '-12.75'],
  ...['999999999999999', '123456789012345', '1234567890123456', '9007199254740993', '0.12345678901234', '0.1234567890123456', '100000000000000000000000'],
  ...['true', 'false', 'null', '""', '"a"', '"a:b"', '"{[,]}"', '"\\""', '"\\\\"', '"\\\\\\":"', '"\\u0041"', '"\\ud800"', '"\\u005c\\u0022:"'],
  ...['"\u0122\u013a\u015c"', '"\u00e9\u2028"', '"\u{1f600}"', '"12"', '"1e5"', '"-"', '"\\n\\t\\r\\b\\f\\/"'],
];
const KEYS = ['"a"', '"b"', '"c"', '"\\u0061"', '"__proto__"', '"constructor"', '"1"', '""', '"a:"', '"\\":"', '"toString"', '"\u0122"'];
const SPACES = ['', '', '', ' ', '\n', '\t ', '\r\n'];
const BROKEN = ['', '"', '\\', ':', ',', '{', '}', '[', ']', '0', '-', '.', 'e', '1', ' ', '\u0000', '\ufeff', '\u00a0', 'a', '\\u', '+', '\u0122'];

function textOf(next: (below: number) => number, depth: number): string {
  const pick = (list: readonly string[]): string => list[next(list.length)] ?? '';
  const space = (): string => pick(SPACES);
  const several = (each: () => string): string => Array.from({ length: next(4) }, () => `${space()}${each()}${space()}`).join(',');
  const kind = depth > DEPTH + 1 ? 0 : next(4);
  if (kind === 1) return `[${several(() => textOf(next, depth + 1))}]`;
  if (kind === 2) return `{${several(() => `${pick(KEYS)}${space()}:${space()}${textOf(next, depth + 1)}`)}}`;
  return pick(SCALARS);
}

/** One character more, less or another. */
function broken(text: string, next: (below: number) => number): string {
  const at = next(text.length + 1);
  return text.slice(0, at) + (BROKEN[next(BROKEN.length)] ?? '') + text.slice(at + next(2));
}

test('what it reads is what the exact reader reads, of JSON and of what is nearly JSON', () => {
  const next = numbers();
  for (let round = 0; round < 20_000; round += 1) {
    const text = textOf(next, 0);
    assertAgrees(text);
    for (let i = 0; i < 3; i += 1) assertAgrees(broken(text, next));
  }
});

test('a number is read here only where JavaScript writes it back as it came', () => {
  const next = numbers();
  for (let round = 0; round < 20_000; round += 1) {
    const digits = (most: number): string => Array.from({ length: 1 + next(most) }, () => next(10)).join('');
    const text = `${next(2) === 0 ? '-' : ''}${next(3) === 0 ? '0' : digits(16)}${next(3) === 0 ? '' : `.${'0'.repeat(next(9))}${digits(17)}`}`;
    assertAgrees(text);
    assertAgrees(`[${text},1]`);
  }
});

test('a duplicate key is left to the exact reader, however it is written and however much stands beside it', () => {
  for (const text of [
    '{"a":1,"a":1}',
    '{"a":1,"\\u0061":1}',
    '[{"x":{"b":1,"b":{"c":1}}}]',
    '{"__proto__":1,"__proto__":2}',
    '{"a":":","a":"::"}',
    '{"1":1,"1":2}',
  ])
    assert.equal(readUsualJson(text, DEPTH), undefined, text);
});

test('nesting over the limit is left to the exact reader before anything is built', () => {
  assert.deepEqual(readUsualJson('[[[]]]', 3), [[[]]]);
  assert.equal(readUsualJson('[[[[]]]]', 3), undefined);
  assert.equal(readUsualJson('['.repeat(1_000_000), DEPTH), undefined);
});

test('usual texts are read here, short and long, and in any script', () => {
  const row = { id: 4100, name: 'model "1"', at: '2026-03-10T08:15:30Z', price: -12.75, none: null, tags: ['a', '\u0142', '\u{1f600}'], inner: '{"a":1}' };
  for (const value of [row, Array.from({ length: 20_000 }, () => row), 'text', 0, true]) assert.deepEqual(readUsualJson(JSON.stringify(value), DEPTH), value);
  assert.equal(readUsualJson('null', DEPTH), null);
});
