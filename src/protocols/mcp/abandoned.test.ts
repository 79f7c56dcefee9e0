import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { endWhenAbandoned } from './abandoned.ts';

function call(t: TestContext) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const caller = new AbortController();
  const state = { isFollowed: false, ended: 0 };
  const stop = endWhenAbandoned({ left: caller.signal, afterMs: 1000, isFollowed: () => state.isFollowed, end: () => void (state.ended += 1) });
  return { leave: () => caller.abort(), pass: (ms: number) => t.mock.timers.tick(ms), state, stop };
}

test('a call is given up some time after its caller left, and not while the caller is there', (t) => {
  const { leave, pass, state } = call(t);
  pass(10_000);
  assert.equal(state.ended, 0);
  leave();
  pass(999);
  assert.equal(state.ended, 0);
  pass(1);
  assert.equal(state.ended, 1);
});

test('one that its caller follows again goes on, and has its time again when nobody does', (t) => {
  const { leave, pass, state } = call(t);
  leave();
  state.isFollowed = true;
  pass(1000);
  assert.equal(state.ended, 0);
  state.isFollowed = false;
  pass(1000);
  assert.equal(state.ended, 1);
});

test('one that has ended is not given up', (t) => {
  const before = call(t);
  before.leave();
  before.stop();
  before.pass(5000);
  assert.equal(before.state.ended, 0);
});

test('a caller that leaves after the end starts nothing', (t) => {
  const { leave, pass, state, stop } = call(t);
  stop();
  leave();
  pass(5000);
  assert.equal(state.ended, 0);
});
