import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readEventStream } from './event-stream.ts';

const STREAM = ': open\n\nevent: open\ndata: {}\nid: a\n\nevent: recorded\ndata: {"n":"é"}\n\nevent: recorded\r\ndata: {"n":2}\r\nid: b\r\n\r\ndata: cut o';

test('a stream is read the same wherever it is split', async () => {
  const bytes = Buffer.from(STREAM);
  for (let size = 1; size <= bytes.length; size += 1) {
    const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) => bytes.subarray(at * size, (at + 1) * size));
    const events = [];
    for await (const event of readEventStream(chunksOf(chunks))) events.push(event);
    assert.deepEqual(events, [
      { event: 'open', data: '{}', id: 'a' },
      { event: 'recorded', data: '{"n":"é"}' },
      { event: 'recorded', data: '{"n":2}', id: 'b' },
    ]);
  }
});

test('an event without an end is not waited for without an end', async () => {
  const endless = chunksOf(Array.from({ length: 40 }, () => Buffer.alloc(1 << 20, 'x')));
  await assert.rejects(
    async () => {
      for await (const event of readEventStream(endless)) assert.fail(event.data);
    },
    { code: 'upstream_invalid' },
  );
});

async function* chunksOf(chunks: readonly Uint8Array[]): AsyncIterable<Uint8Array> {
  for (const chunk of chunks) yield await Promise.resolve(chunk);
}
