import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Session } from '../core/session.ts';
import { eitherWatch, observers, watchRecording } from './recording-watch.ts';

const commit = { events: 1, bytes: 1, diskMs: 0, waitedMs: 0 };
// The watch looks at the target's setting alone.
const sessionOf = (audit: 'strict' | 'relaxed'): Session => ({ target: { audit } }) as Session;

test('while recording fails, what is open on strict targets has a reason to end, and on relaxed ones it has none', () => {
  const watch = watchRecording(assert.ifError);
  let changes = 0;
  const stop = watch.onChange(() => (changes += 1));
  assert.equal(watch.reason(sessionOf('strict')), undefined);
  for (let i = 0; i < 3; i += 1) watch.observer.failed(2);
  assert.match(watch.reason(sessionOf('strict')) ?? '', /could not be recorded/);
  assert.equal(watch.reason(sessionOf('relaxed')), undefined);
  watch.observer.committed(commit);
  watch.observer.committed(commit);
  assert.equal(watch.reason(sessionOf('strict')), undefined);
  assert.equal(changes, 2);
  stop();
  watch.observer.failed(1);
  assert.equal(changes, 2);
});

test('of two watches the first that says something counts, and both are heard; so are two observers', () => {
  const [one, other] = [watchRecording(assert.ifError), watchRecording(assert.ifError)];
  const both = eitherWatch(one, other);
  let heard = 0;
  const stop = both.onChange(() => (heard += 1));
  const observer = observers([one.observer, other.observer]);
  other.observer.failed(1);
  assert.match(both.reason(sessionOf('strict')) ?? '', /could not be recorded/);
  observer.committed(commit);
  assert.equal(both.reason(sessionOf('strict')), undefined);
  observer.failed(1);
  assert.equal(heard, 4);
  stop();
  observer.committed(commit);
  assert.equal(heard, 4);
});

test('who cannot be ended is told of, and all others end', () => {
  const [reports, ended]: [unknown[], string[]] = [[], []];
  const watch = watchRecording((error) => void reports.push(error));
  const failure = new Error('a session that does not end');
  watch.onChange(() => {
    throw failure;
  });
  watch.onChange(() => void ended.push('the other'));
  watch.observer.failed(1);
  assert.deepEqual([reports, ended], [[failure], ['the other']]);
});
