import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { Strangers } from './strangers.ts';

// What is asked of a socket here is its address, and to be destroyed.
const from = (remoteAddress: string, destroyed: string[] = []): Socket =>
  ({ remoteAddress, destroy: () => void destroyed.push(remoteAddress) }) as unknown as Socket;

test('one address takes its share of the places, and no more; who leaves makes room', () => {
  const strangers = new Strangers({ strangers: 3, strangersOfOneAddress: 2 });
  const first = from('192.0.2.1');
  assert.equal(strangers.admit(first), true);
  assert.equal(strangers.admit(from('::ffff:192.0.2.1')), true, 'the same address on a socket for IPv6');
  assert.equal(strangers.admit(from('192.0.2.1')), false);
  assert.equal(strangers.admit(from('192.0.2.2')), true);
  assert.equal(strangers.admit(from('192.0.2.3')), false, 'all places are taken');
  strangers.leave(first);
  strangers.leave(first);
  assert.equal(strangers.admit(from('192.0.2.1')), true);
  assert.equal(strangers.admit(from('192.0.2.3')), false, 'who leaves twice makes room once');
});

test('a network of IPv6 that one machine may have to itself counts as one address', () => {
  const strangers = new Strangers({ strangers: 10, strangersOfOneAddress: 2 });
  assert.equal(strangers.admit(from('2001:db8:0:7::1')), true);
  assert.equal(strangers.admit(from('2001:db8::7:1:2:3:4')), true);
  assert.equal(strangers.admit(from('2001:db8:0:7:ffff::')), false);
  assert.equal(strangers.admit(from('2001:db8:0:8::1')), true);
  assert.equal(strangers.admit(from('::1')), true);
  assert.equal(strangers.admit(from('fe80::1%eth0')), true);
});

test('all that are left are hung up on at the end', () => {
  const destroyed: string[] = [];
  const strangers = new Strangers({ strangers: 10, strangersOfOneAddress: 2 });
  const gone = from('192.0.2.1', destroyed);
  strangers.admit(gone);
  strangers.admit(from('192.0.2.2', destroyed));
  strangers.leave(gone);
  strangers.close();
  assert.deepEqual(destroyed, ['192.0.2.2']);
});
