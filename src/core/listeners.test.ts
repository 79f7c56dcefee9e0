import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
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

test('who comes while it is told hears of the next only, and who leaves meanwhile hears of nothing more', () => {
  const heard: string[] = [];
  const listeners = new Listeners<[string]>(assert.ifError);
  listeners.add((news) => {
    heard.push(`first ${news}`);
    stop();
    listeners.add((later) => void heard.push(`third ${later}`));
  });
  const stop = listeners.add((news) => void heard.push(`second ${news}`));
  listeners.add((news) => void heard.push(`last ${news}`));
  listeners.tell('one');
  assert.deepEqual(heard, ['first one', 'last one']);
  stop();
  listeners.clear();
  listeners.add((news) => void heard.push(`new ${news}`));
  listeners.tell('two');
  assert.deepEqual(heard.slice(2), ['new two']);
});

test('one that left holds none of those who came after it', async () => {
  setFlagsFromString('--expose-gc');
  // A context that is made with the flag on has the function.
  const collect = runInNewContext('gc') as () => void;
  const listeners = new Listeners(assert.ifError);
  const stops = [addOne(listeners)];
  const later = Array.from({ length: 100 }, () => {
    const one = addOne(listeners);
    stops.shift()?.stop();
    stops.push(one);
    return one.listener;
  });
  await new Promise(setImmediate);
  collect();
  assert.ok(stops[0]?.listener.deref(), 'the one that still listens');
  assert.equal(later.filter((each) => each.deref()).length, 1);
});

function addOne(listeners: Listeners): { readonly listener: WeakRef<() => void>; stop(): void } {
  const large = { bytes: Array.from({ length: 1000 }, () => 0) };
  const listener = (): void => void large.bytes.pop();
  return { listener: new WeakRef(listener), stop: listeners.add(listener) };
}
