import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { showCommand } from './shown-command.ts';
import { visible } from './visible.ts';

test('what does not show, turns the direction, or only looks like a space is written out; ordinary text stays', () => {
  assert.equal(
    visible('a\u202eb\u0007c\u200bd\u00a0e\u2028f\ufe0fg\u115fh\u{e0041}'),
    'a\\u{202e}b\\u{7}c\\u{200b}d\\u{a0}e\\u{2028}f\\u{fe0f}g\\u{115f}h\\u{e0041}',
  );
  assert.equal(visible('drop table "users" -- größer 漢字 مرحبا'), 'drop table "users" -- größer 漢字 مرحبا');
  assert.equal(visible('\ud800'), '\\u{d800}');
});

test('a command that fits is shown whole and says nothing of shortening', () => {
  assert.deepEqual(showCommand('{"rows":10}', 100), { text: '{"rows":10}' });
});

test('a command that does not fit says so, with its length and hash, and its end is in view', () => {
  const shown = `${'x'.repeat(5_000)}; DROP TABLE users`;
  const { text, shortened = '' } = showCommand(shown, 1_000);
  assert.match(text, /; DROP TABLE users$/);
  assert.match(text, /4018 characters are not shown here/);
  assert.match(shortened, /^SHORTENED: .*The whole has 5018 characters/);
  assert.ok(shortened.includes(createHash('sha256').update(shown).digest('hex')));
});

test('a tail behind twenty thousand spaces is in view, and the blank says how long it was', () => {
  const { text, shortened = '' } = showCommand(`{"sql":"select 1${' '.repeat(20_000)}; DROP TABLE users"}`, 1_000);
  assert.match(text, /^\{"sql":"select 1 {8}\\u\{20\}\{20000\} {8}; DROP TABLE users"\}$/);
  assert.match(shortened, /SHORTENED: long blanks .* The whole has 20036 characters/);
});
