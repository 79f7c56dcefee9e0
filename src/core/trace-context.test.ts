import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readTraceContext } from './trace-context.ts';

const PARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

test('a trace context that is one is read as it is', () => {
  assert.deepEqual(readTraceContext({ traceparent: PARENT, tracestate: 'vendor=a1,other@x=b 2' }), {
    traceparent: PARENT,
    tracestate: 'vendor=a1,other@x=b 2',
  });
  assert.deepEqual(readTraceContext({ traceparent: PARENT }), { traceparent: PARENT });
  assert.deepEqual(readTraceContext({ traceparent: `01${PARENT.slice(2)}-later` }), { traceparent: `01${PARENT.slice(2)}-later` });
});

for (const [what, traceparent] of [
  ['no text', 7],
  ['upper case', PARENT.toUpperCase()],
  ['a trace of zeros', `00-${'0'.repeat(32)}-b7ad6b7169203331-01`],
  ['a parent of zeros', `00-0af7651916cd43dd8448eb211c80319c-${'0'.repeat(16)}-01`],
  ['version ff', `ff${PARENT.slice(2)}`],
  ['version 00 with more behind it', `${PARENT}-more`],
  ['a line break', `${PARENT}\n`],
  ['a hundred kilobytes', PARENT + 'a'.repeat(100_000)],
] as const) {
  test(`${what} is no parent, and its state goes with it`, () => {
    assert.equal(readTraceContext({ traceparent, tracestate: 'a=b' }), undefined);
  });
}

test('a state that is too long, or holds what no state holds, is dropped; the parent stays', () => {
  for (const tracestate of ['a'.repeat(2000), 'A=b', 'a=b\u0000', 'a=ü', Array.from({ length: 33 }, (_, at) => `k${at}=v`).join(','), 'no pair'])
    assert.deepEqual(readTraceContext({ traceparent: PARENT, tracestate }), { traceparent: PARENT }, tracestate.slice(0, 20));
});
