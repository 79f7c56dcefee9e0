import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { canonicalJson } from './canonical.ts';
import { isSallyportError } from './error.ts';
import { decodeUtf8, isJsonObject, JsonNumber, member, parseJson, writeJson, type JsonValue } from './json.ts';

const refused = (text: string, code: 'json_invalid' | 'json_ambiguous' | 'limit_exceeded', depth = 256): void => {
  assert.throws(
    () => parseJson(text, { depth }),
    (error) => isSallyportError(error, code),
    text.slice(0, 60),
  );
};

describe('strict JSON', () => {
  it('reads what JSON.parse reads', () => {
    for (const text of ['null', ' {"a":[1,-2.5,true,false,null,"x"],"":{}} ', '"\\u0041\\n\\/\\"é🙂"', '[[],{}]', '0', '-1.5e-7'.replace('e-7', '')]) {
      assert.deepEqual(parseJson(text), JSON.parse(text));
    }
  });

  it('refuses what is not JSON, and says where', () => {
    for (const text of [
      '',
      '{',
      '[1,]',
      '{"a":1,}',
      "{'a':1}",
      'NaN',
      '01',
      '1.',
      '.5',
      '+1',
      '"\t"',
      '"\\x41"',
      '"\\u12g4"',
      '"a',
      'tru',
      '[1 2]',
      '{"a" 1}',
      '\uFEFF{}',
      '1 2',
      '/**/1',
    ]) {
      refused(text, 'json_invalid');
    }
    assert.throws(() => parseJson('{"a": tru}'), /offset 6/);
  });

  it('refuses duplicate keys, also one hidden by an escape', () => {
    assert.deepEqual(parseJson('{"name":1,"n\\u0061mes":2}'), { name: 1, names: 2 });
    refused('{"name":1,"n\\u0061me":2}', 'json_ambiguous');
    refused('[{"a":{"b":1,"b":1}}]', 'json_ambiguous');
  });

  it('refuses nesting over the limit before it costs anything', () => {
    assert.ok(parseJson('[[[]]]', { depth: 3 }));
    refused('[[[[]]]]', 'limit_exceeded', 3);
    refused('['.repeat(1_000_000), 'limit_exceeded');
  });

  it('keeps the source text of a number that a double would change', () => {
    for (const text of ['9007199254740993', '1.0', '-0', '1e400', '0.10', '123456789012345678901234567890']) {
      const value = parseJson(`{"n":${text}}`);
      assert.ok(member(value, 'n') instanceof JsonNumber, text);
      assert.equal(writeJson(value), `{"n":${text}}`);
    }
    assert.equal(member(parseJson('{"n":42}'), 'n'), 42);
  });

  it('gives an exact double only where there is one', () => {
    const exact = (text: string): number | undefined => new JsonNumber(text).exact();
    assert.equal(exact('1.0'), 1);
    assert.equal(exact('9007199254740994'), 9007199254740994);
    assert.equal(exact('9007199254740993'), undefined);
    assert.equal(exact('1e400'), undefined);
    assert.equal(exact('0.1234567890123456789'), undefined);
  });

  it('takes __proto__ as a key like any other', () => {
    const value = parseJson('{"__proto__":{"polluted":true},"constructor":1}');
    assert.equal(Object.getPrototypeOf(value), Object.prototype);
    assert.equal(writeJson(value), '{"__proto__":{"polluted":true},"constructor":1}');
    assert.equal(member(value, 'toString'), undefined);
    assert.ok(isJsonObject(member(value, '__proto__')));
  });

  it('refuses bytes that are not UTF-8', () => {
    assert.equal(decodeUtf8(Buffer.from('ü')), 'ü');
    for (const bytes of [[0xc0, 0xaf], [0xff], [0xed, 0xa0, 0x80], [0xe2, 0x82]])
      assert.throws(
        () => decodeUtf8(Uint8Array.from(bytes)),
        (error) => isSallyportError(error, 'json_invalid'),
      );
  });

  it('agrees with the JSON test suite on every text that must be accepted or refused', (t) => {
    const path = join(process.env['SALLYPORT_CASES'] ?? '../shared/cases', 'vectors/JSONTestSuite_parsing.jsonl');
    const lines = readCases(path);
    if (!lines) return t.diagnostic('shared cases: not present');
    for (const line of lines) {
      const verdict = verdictOf(line);
      if (!verdict) continue;
      assert.equal(accepts(verdict.bytes), verdict.accept, verdict.name);
    }
  });
});

describe('escapes in strings', () => {
  it('are read as the language reads them, each one and all together', () => {
    for (const text of ['"\\""', '"\\\\"', '"\\/"', '"\\b\\f\\n\\r\\t"', '"\\u0000\\u20AC\\ud83d\\ude02"', '"\\ud800 alone"', '"a\\"b\\\\c\\u0041d"']) {
      assert.equal(parseJson(text), JSON.parse(text), text);
    }
  });

  it('that are none are refused, with their place', () => {
    for (const text of ['"\\x41"', '"\\u12"', '"\\u12G4"', '"\\U0041"', '"\\', '"\\"', '"\\u'])
      assert.throws(() => parseJson(text), /not JSON: .* at offset \d+/, text);
  });
});

describe('canonical JSON', () => {
  it('is the same for the same value whatever its order and spacing', () => {
    assert.equal(canonicalJson(parseJson('{ "b": 2, "a": [1.0, "x"] }')), canonicalJson(parseJson('{"a":[1,"x"],"b":2}')));
    assert.equal(
      canonicalJson(parseJson('{"\\u20ac":"Euro","\\r":"CR","1":"One","\\u0080":"C","ö":"L","\\ud83d\\ude02":"S"}')),
      '{"\\r":"CR","1":"One","\u0080":"C","ö":"L","€":"Euro","😂":"S"}',
    );
  });

  it('sorts few keys and many by code unit, and escapes what JSON escapes', () => {
    const keys = ['b', 'a', '10', '9', 'Z', '', 'a.b', 'a"b', 'a\\', '\n', '\ud800', 'é', '😂', '__proto__', 'ﬀ', 'x'.repeat(100)];
    for (const count of [2, keys.length, 200]) {
      const many = Array.from(
        { length: count },
        (_, index) => [keys[index] ?? `key ${(index * 7919) % 1000}`, [`v ${index}`, keys[index] ?? ''] as JsonValue] as const,
      );
      const parts = many.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
      assert.equal(canonicalJson(Object.fromEntries(many)), `{${parts.join(',')}}`);
    }
  });

  it('tells apart two numbers that are one double', () => {
    assert.notEqual(canonicalJson(parseJson('9007199254740993')), canonicalJson(parseJson('9007199254740992')));
  });
});

function readCases(path: string): string[] | undefined {
  try {
    return readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => line !== '');
  } catch {
    return undefined;
  }
}

interface Verdict {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly accept: boolean;
}

/** One line of the suite: its file name says y_ (accept), n_ (refuse) or i_ (may do either). */
function verdictOf(line: string): Verdict | undefined {
  const { file, b64 } = JSON.parse(line) as { file: string; b64: string };
  // A duplicate key is legal JSON and refused here on purpose.
  if (!/^[yn]_/.test(file) || file.includes('duplicated_key')) return undefined;
  return { name: file, bytes: Buffer.from(b64, 'base64'), accept: file.startsWith('y_') };
}

function accepts(bytes: Uint8Array): boolean {
  try {
    parseJson(decodeUtf8(bytes), { depth: 100_000 });
    return true;
  } catch {
    return false;
  }
}
