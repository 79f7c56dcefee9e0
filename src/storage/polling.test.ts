import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Polling } from './polling.ts';

/** Looks that end when they are told to. */
function looks() {
  const open: PromiseWithResolvers<void>[] = [];
  const look = (): Promise<void> => {
    const one = Promise.withResolvers<void>();
    open.push(one);
    return one.promise;
  };
  return { open, look };
}

test('who asks while a look is under way gets that one; who needs a new one gets one that began later', async () => {
  const { open, look } = looks();
  const polling = new Polling({ look, everyMs: 60_000 });
  const [one, two, anew] = [polling.look(), polling.look(), polling.lookAnew()];
  assert.equal(open.length, 1);
  open[0]?.resolve();
  await Promise.all([one, two]);
  await new Promise(setImmediate);
  assert.equal(open.length, 2);
  open[1]?.resolve();
  await anew;
});

test('a look that fails is reported and the next one begins; the end waits for the one under way', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const { open, look } = looks();
  const reported: unknown[] = [];
  const polling = new Polling({ look, everyMs: 100, report: (error) => reported.push(error) });
  polling.start();
  t.mock.timers.tick(100);
  open[0]?.reject(new Error('away'));
  await polling.look();
  assert.match(String(reported), /away/);
  t.mock.timers.tick(100);
  const stopped = polling.stop();
  t.mock.timers.tick(1000);
  assert.equal(open.length, 2);
  open[1]?.resolve();
  await stopped;
});
