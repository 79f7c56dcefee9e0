import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isSallyportError } from '../core/error.ts';
import { parsePath } from './path.ts';

test('a path is read step by step', () => {
  assert.deepEqual(parsePath('$').steps, []);
  assert.deepEqual(parsePath('$..api_key').steps, [{ deep: true, name: 'api_key' }]);
  assert.deepEqual(
    parsePath('$.rows[*].card').steps.map((step) => step.name),
    ['rows', undefined, 'card'],
  );
  assert.deepEqual(parsePath(`$['it\\'s'][0]["b c"]..*`).steps, [
    { deep: false, name: "it's" },
    { deep: false, name: 0 },
    { deep: false, name: 'b c' },
    { deep: true, name: undefined },
  ]);
});

test('a path that is not understood is refused, with the place of the mistake', () => {
  for (const source of ['', 'api_key', '$.', '$..', '$[', '$[1:2]', '$[?(@.a)]', '$.a b', "$['a", '$.a[0,1]', `$${'.a'.repeat(65)}`]) {
    assert.throws(
      () => parsePath(source),
      (error) => isSallyportError(error, 'resources_invalid'),
      source,
    );
  }
});
