import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SallyportError } from '../core/error.ts';
import { Turns } from './turns.ts';

test('turns are taken one at a time, in the order in which they were asked for', async () => {
  const turns = new Turns();
  const order: number[] = [];
  const work = async (n: number): Promise<void> => {
    await turns.take();
    order.push(n);
    await new Promise((resolve) => setImmediate(resolve));
    order.push(n);
    turns.give();
  };
  await Promise.all([1, 2, 3].map(work));
  assert.deepEqual(order, [1, 1, 2, 2, 3, 3]);
});

test('a line that is too long is refused at its end, and those in it are served', async () => {
  const turns = new Turns({ waiting: 1 });
  await turns.take();
  const second = turns.take();
  await assert.rejects(turns.take(), { code: 'storage_failed' });
  turns.give();
  await second;
});

test('whoever waits for a turn that never comes gets an error, and the next one is still served', async () => {
  const turns = new Turns({ patienceMs: 5 });
  await turns.take();
  await assert.rejects(turns.take(), { code: 'storage_failed', message: /was not free/ });
  turns.give();
  await turns.take();
});

test('closing refuses those in line and those who come later', async () => {
  const turns = new Turns();
  await turns.take();
  const waiting = turns.take();
  turns.close(new SallyportError('storage_failed', 'closed'));
  await assert.rejects(waiting, /closed/);
  await assert.rejects(turns.take(), /closed/);
});
