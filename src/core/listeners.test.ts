import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Listeners } from './listeners.ts';

test('each hears of it until it no longer wants to, and one that fails is reported and keeps nobody from hearing', () => {
  const [heard, reports]: [string[], unknown[]] = [[], []];
  const listeners = new Listeners<[string]>((error) => void reports.push(error));
  assert.equal(listeners.areSome, false);
  const failure = new Error('one fails');
  const stop = listeners.add(() => {
    throw failure;
  });
  listeners.add((news) => void heard.push(news));
  listeners.tell('first');
  stop();
  listeners.tell('second');
  assert.deepEqual([heard, reports, listeners.areSome], [['first', 'second'], [failure], true]);
  listeners.clear();
  listeners.tell('third');
  assert.deepEqual([heard.length, listeners.areSome], [2, false]);
});
