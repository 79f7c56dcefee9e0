import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SallyportError } from '../core/error.ts';
import { until } from '../../test/support/until.ts';
import { Deliveries } from './deliveries.ts';

const failing = (name: string, times: number, tries: string[]) => ({
  name,
  async send() {
    tries.push(name);
    if (tries.filter((one) => one === name).length <= times) throw new SallyportError('upstream_unreachable', 'not now');
  },
});

test('what fails is tried again, and given up after the last try; the operator hears of it, nobody else', async () => {
  const [tries, reports] = [[] as string[], [] as Error[]];
  const deliveries = new Deliveries({ backOffMs: [1, 1], report: (error) => void reports.push(error) });
  deliveries.add(failing('late', 2, tries));
  deliveries.add(failing('never', 99, tries));
  await until('the report', () => reports[0]);
  await until('the third try', () => (tries.filter((one) => one === 'late').length === 3 ? true : undefined));
  assert.equal(tries.filter((one) => one === 'never').length, 3);
  assert.deepEqual(
    reports.map(({ message }) => message),
    ['never was not told'],
  );
  await deliveries.close();
});

test('what will not be better is not tried again', async () => {
  const [tries, reports] = [[] as string[], [] as Error[]];
  const deliveries = new Deliveries({ backOffMs: [1, 1], report: (error) => void reports.push(error) });
  deliveries.add({
    name: 'refused',
    send: async () => {
      tries.push('refused');
      throw new SallyportError('usage', 'invalid_auth');
    },
  });
  await until('the report', () => reports[0]);
  assert.equal(tries.length, 1);
  await deliveries.close();
});

test('the queue is bounded: the oldest gives way and the operator is told', async () => {
  const reports: Error[] = [];
  const { promise: blocked, resolve: unblock } = Promise.withResolvers<void>();
  const deliveries = new Deliveries({ capacity: 2, report: (error) => void reports.push(error) });
  const sent: number[] = [];
  for (let n = 0; n < 8; n += 1) deliveries.add({ name: String(n), send: () => blocked.then(() => void sent.push(n)) });
  assert.deepEqual(
    reports.map(({ message }) => message),
    ['too many notices wait: 4 is not told', 'too many notices wait: 5 is not told'],
  );
  unblock();
  await until('the rest', () => (sent.length === 6 ? true : undefined));
  assert.deepEqual(
    sent.toSorted((a, b) => a - b),
    [0, 1, 2, 3, 6, 7],
  );
  await deliveries.close();
});

test('closing cuts off what is on the way and forgets what waits', async () => {
  const deliveries = new Deliveries({ backOffMs: [60_000] });
  const tries: string[] = [];
  let cut = false;
  deliveries.add(failing('later', 9, tries));
  deliveries.add({
    name: 'hangs',
    send: (signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          cut = true;
          reject(new Error('cut'));
        });
      }),
  });
  await until('the first try', () => (tries.length === 1 ? true : undefined));
  await deliveries.close();
  deliveries.add(failing('after', 0, tries));
  assert.deepEqual([cut, tries], [true, ['later']]);
});
