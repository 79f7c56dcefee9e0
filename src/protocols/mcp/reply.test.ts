import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { JsonObject } from '../../core/json.ts';
import { eventText, messageReply } from './reply.ts';
import { SseParser } from './sse.ts';

const reply = (message: JsonObject, event?: string) => {
  const [first] = event === undefined ? [] : new SseParser(10_000).push(event);
  return messageReply({ message, text: first?.data ?? '', event: first, status: 200, final: true, method: 'tools/call', filter: (_method, result) => result });
};

it('a link that nobody should follow is noted in the record; an ordinary one is not', () => {
  const linking = (uri: string): JsonObject => ({ jsonrpc: '2.0', id: 1, result: { content: [{ type: 'resource_link', uri, name: 'x' }] } });
  for (const uri of ['http://169.254.169.254/latest/', 'file:///etc/shadow', 'HTTP://metadata.google.internal/'])
    assert.match(reply(linking(uri)).part.note ?? '', /flag/, uri);
  assert.equal(reply(linking('https://example.com/a')).part.note, undefined);
});

it('an event whose message did not change keeps its bytes, one that did keeps its id', () => {
  const raw = 'id: 7\ndata:{"a": 1}\n\n';
  const kept = reply({ a: 1 }, raw);
  assert.equal(eventText(kept, Buffer.from('{"a": 1}')), raw);
  assert.equal(eventText(kept, Buffer.from('{"a":2}')), 'id: 7\ndata: {"a":2}\n\n');
});
