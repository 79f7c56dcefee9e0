import assert from 'node:assert/strict';
import { Duplex } from 'node:stream';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { Client } from './client.ts';

/** A line that tells what was written at once. */
function line(): { readonly client: Client; readonly written: string[] } {
  const written: string[] = [];
  const duplex = new Duplex({
    read() {},
    write(bytes: Buffer, _encoding, done) {
      written.push(bytes.toString());
      done();
    },
  });
  // What a client uses of a socket is what every stream has.
  return { client: new Client(duplex as Socket, 1 << 20), written };
}

test('what is gathered goes before what is written next, in one piece', () => {
  const { client, written } = line();
  client.gather(Buffer.from('one '));
  client.gather(Buffer.from('two '));
  assert.deepEqual(written, []);
  void client.write(Buffer.from('three'));
  client.flush();
  assert.deepEqual(written, ['one two three']);
});

test('what is gathered goes by itself when nothing follows, when it is much, and with the last word', () => {
  const { client, written } = line();
  client.gather(Buffer.from('one'));
  client.flush();
  client.gather(Buffer.alloc(20_000, 0x78));
  client.gather(Buffer.from('the end '));
  client.end(Buffer.from('of it'));
  assert.deepEqual(written, ['one', 'x'.repeat(20_000), 'the end of it']);
});
