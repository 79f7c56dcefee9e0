import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cstring, Fields, frameBytes, int32, MalformedMessage, message, type Frame } from './codec.ts';
import { FrameReader } from './frame-reader.ts';
import { readBind, readNamed, readParse, readQuery, readRowDescription } from './messages.ts';
import { wireBind, wireParse, wireQuery } from '../../../test/support/wire-client.ts';

const limit = () => 1 << 20;
const frameOf = (bytes: Buffer): Frame => ({ type: bytes[0] ?? 0, buffer: bytes, start: 0, end: bytes.length });

function framesOf(chunks: readonly Buffer[]): readonly string[] {
  const reader = new FrameReader(limit);
  const frames: string[] = [];
  for (const chunk of chunks) {
    reader.push(chunk);
    for (let frame = reader.next(); frame; frame = reader.next()) frames.push(frameBytes(frame).toString('hex'));
  }
  assert.equal(reader.pending, 0);
  return frames;
}

test('messages are the same wherever the bytes are parted', () => {
  const messages = [wireQuery('select 1'), message(0x53), wireParse('a', 'select $1', [23]), wireBind('', 'a', ['x'.repeat(100)])];
  const whole = Buffer.concat(messages);
  const expected = messages.map((each) => each.toString('hex'));
  for (let at = 0; at <= whole.length; at += 1) assert.deepEqual(framesOf([whole.subarray(0, at), whole.subarray(at)]), expected);
  assert.deepEqual(framesOf([...whole].map((byte) => Buffer.of(byte))), expected);
});

test('a length is refused before anything waits for it', () => {
  for (const length of [0, 3, 0x7fffffff, 0xffffffff, 1 << 20]) {
    const reader = new FrameReader(limit);
    const header = Buffer.alloc(5);
    header[0] = 0x51;
    header.writeUInt32BE(length, 1);
    reader.push(header);
    assert.throws(() => reader.next(), MalformedMessage, String(length));
  }
  const reader = new FrameReader((type) => (type === 0x51 ? 100 : 0));
  reader.push(message(0x53));
  assert.throws(() => reader.next(), /may not come here/);
});

test('fields end where their message ends', () => {
  assert.throws(() => readQuery(frameOf(message(0x51, Buffer.from('select 1')))), /without its end/);
  assert.throws(() => readQuery(frameOf(message(0x51, Buffer.from('select 1\0 more\0')))), /longer/);
  assert.throws(() => readQuery(frameOf(message(0x51, Buffer.of(0xff, 0)))), /UTF-8/);
  assert.throws(() => readParse(frameOf(message(0x50, cstring(''), cstring('x'), Buffer.of(0, 9)))), /shorter/);
  assert.throws(() => readNamed(frameOf(message(0x44, Buffer.from('X'), cstring('')))), MalformedMessage);
  assert.throws(() => readRowDescription(frameOf(message(0x54, Buffer.of(0xff, 0xff)))), /without its end|shorter/);
  // A value that says it is longer than all that there is, or has a length that is none.
  for (const length of [int32(1000), int32(-2), int32(0x7fffffff)])
    assert.throws(
      () => readBind(frameOf(message(0x42, cstring(''), cstring(''), Buffer.of(0, 0), Buffer.of(0, 1), length, Buffer.of(0, 0)))),
      MalformedMessage,
    );
});

test('what was written is read', () => {
  const bind = readBind(frameOf(wireBind('p', 's', ['text', Buffer.of(1, 2)], 1)));
  assert.deepEqual({ ...bind, values: bind.values.map(String) }, { portal: 'p', statement: 's', formats: [0, 1], values: ['text', '\u0001\u0002'] });
  const fields = new Fields(frameOf(message(0x51, int32(-1), cstring('ü'))));
  assert.equal(fields.int32(), -1);
  assert.equal(fields.cstring(), 'ü');
  fields.end();
});
