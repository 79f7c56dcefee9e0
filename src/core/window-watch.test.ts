import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import type { Approval, Approvals, WindowQuestion } from './approval.ts';
import { watchWindow } from './window-watch.ts';

const START = Date.parse('2026-11-21T12:00:00Z');

/** What is said and done while the clock runs; `open` is what the database says of the window. */
function watch(durationMs: number, open: () => Promise<unknown>) {
  mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'], now: START });
  const heard: string[] = [];
  const ended: string[] = [];
  // of both, only what is looked at
  const window = { id: 'w1', expiresAt: START + durationMs } as Approval;
  const approvals = { window: open } as unknown as Approvals;
  const question = {} as WindowQuestion;
  const stop = watchWindow(approvals, { window, question, warn: (text) => heard.push(text), end: (reason) => ended.push(reason) });
  const pass = async (ms: number): Promise<void> => {
    mock.timers.tick(ms);
    for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
  };
  return { heard, ended, pass, done: () => (stop(), mock.timers.reset()) };
}

test('a minute before its end a window is announced, and at its end what runs in it ends', async () => {
  const { heard, ended, pass, done } = watch(5 * 60_000, async () => ({}));
  await pass(239_000);
  assert.deepEqual([heard, ended], [[], []]);
  await pass(1000);
  assert.equal(heard.length, 1);
  assert.match(heard[0] ?? '', /ends in 1 minute/);
  await pass(59_000);
  assert.deepEqual(ended, []);
  await pass(1000);
  assert.match(ended[0] ?? '', /^the access window w1 ended: ask for another/);
  done();
});

test('a window shorter than a minute ends without a warning', async () => {
  const { heard, ended, pass, done } = watch(30_000, async () => ({}));
  await pass(30_000);
  assert.deepEqual([heard.length, ended.length], [0, 1]);
  done();
});

test('what runs ends within a second when its window is taken back, and when the database cannot say that it stands', async () => {
  for (const open of [async () => undefined, () => Promise.reject(new Error('down'))]) {
    let asked = 0;
    const { ended, pass, done } = watch(5 * 60_000, () => (asked++ === 0 ? Promise.resolve({}) : open()));
    await pass(500);
    assert.deepEqual(ended, []);
    await pass(500);
    assert.match(ended[0] ?? '', /the access window w1 no longer stands/);
    done();
  }
});

test('what has ended by itself is not looked after any more', async () => {
  const { ended, pass, done } = watch(60_000, async () => undefined);
  done();
  mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'], now: START });
  await pass(120_000);
  assert.deepEqual(ended, []);
  mock.timers.reset();
});
