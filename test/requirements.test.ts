import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { REQUIREMENTS } from './requirements.ts';

const ROOT = join(import.meta.dirname, '..');
const readme = oneLine(readFileSync(join(ROOT, 'README.md'), 'utf8'));

describe('the promises of the README', () => {
  for (const { id, promise, proof } of REQUIREMENTS) {
    it(`${id}: is in the README and has its tests`, () => {
      assert.ok(readme.includes(oneLine(promise)), `the README does not say: ${promise}`);
      assert.ok(proof.length > 0, 'no proof');
      for (const { file, test } of proof) {
        assert.ok(existsSync(join(ROOT, file)), `${file} does not exist`);
        assert.ok(hasTest(readFileSync(join(ROOT, file), 'utf8'), test), `${file} has no test that begins with "${test}"`);
      }
    });
  }

  it('are all listed: each fact and each row of the table holds one', () => {
    const text = readFileSync(join(ROOT, 'README.md'), 'utf8');
    const facts = text
      .split(/\n(?=- \*\*)/)
      .slice(1)
      .map((each) => each.split('\n\n', 1)[0] ?? '');
    const rows = text.split('\n').filter((line) => /^\| [A-Z]/.test(line));
    assert.ok(facts.length >= 3 && rows.length >= 6, 'the README has another form than this test reads');
    for (const part of [...facts, ...rows]) {
      assert.ok(
        REQUIREMENTS.some(({ promise }) => oneLine(part).includes(oneLine(promise))),
        `no requirement for: ${part}`,
      );
    }
  });

  it('have ids that are used once', () => {
    assert.equal(new Set(REQUIREMENTS.map(({ id }) => id)).size, REQUIREMENTS.length);
  });
});

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ');
}

/** Whether a file holds a test whose name begins so; any test at all where no name is given. */
function hasTest(source: string, name: string): boolean {
  return [...source.matchAll(/\b(?:it|test)\(\s*(['"`])(.*?)\1/g)].some(([, , found = '']) => found.startsWith(name));
}
