import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ReplyReader, type HttpReply } from './reply-reader.ts';

const SIZED = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\nhello';
const EMPTY = 'HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n';
const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n10\r\n0123456789abcdef\r\n0\r\n\r\n';

describe('ReplyReader', () => {
  it('counts sized, empty and chunked replies one after another, split at every byte', () => {
    const wire = Buffer.from(SIZED + EMPTY + CHUNKED + SIZED);
    const wanted = [
      { status: 200, bytes: 5 },
      { status: 202, bytes: 0 },
      { status: 200, bytes: 21 },
      { status: 200, bytes: 5 },
    ];
    assert.deepEqual(readAll(wire, 1), wanted);
  });

  it('sees the end of a reply wherever it is cut in two', () => {
    for (const text of [SIZED, EMPTY, CHUNKED]) {
      for (let cut = 1; cut < text.length; cut += 1) {
        const reader = new ReplyReader();
        assert.equal(reader.push(Buffer.from(text.slice(0, cut))), undefined, `${cut} of ${text}`);
        assert.ok(reader.push(Buffer.from(text.slice(cut))), `${cut} of ${text}`);
      }
    }
  });

  it('throws on what is no reply, rather than waiting for its end', () => {
    assert.throws(() => new ReplyReader().push(Buffer.from('SSH-2.0-x\r\n\r\n')), /not the head/);
    assert.throws(() => new ReplyReader().push(Buffer.from('HTTP/1.1 200 OK\r\n\r\n')), /how long/);
    assert.throws(() => new ReplyReader().push(Buffer.from('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n')), /size of a chunk/);
  });
});

function readAll(wire: Buffer, size: number): HttpReply[] {
  const reader = new ReplyReader();
  const replies: HttpReply[] = [];
  for (let at = 0; at < wire.length; at += size) {
    const reply = reader.push(wire.subarray(at, at + size));
    if (reply) replies.push(reply);
  }
  return replies;
}
