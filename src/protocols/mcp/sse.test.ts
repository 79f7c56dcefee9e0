import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isSallyportError } from '../../core/error.ts';
import { SseParser, writeEvent } from './sse.ts';

const STREAM = ': hello\n\nid: 1\nretry: 500\ndata:\n\nevent: message\r\nid: 2\r\ndata: {"a":\r\ndata: 1}\r\n\r\ndata: {"b":2}\r\rdata:x\n\nid:3\n\n';

const parse = (chunks: readonly string[]) => {
  const parser = new SseParser(10_000);
  return chunks.flatMap((chunk) => parser.push(chunk));
};

describe('server-sent events', () => {
  it('reads data, ids and retry whatever the line ends', () => {
    const events = parse([STREAM, '\n']);
    assert.deepEqual(
      events.map(({ data, id, event, retry }) => [data, id, event, retry]),
      [
        ['', '1', undefined, '500'],
        ['{"a":\n1}', '2', 'message', undefined],
        ['{"b":2}', undefined, undefined, undefined],
        ['x', undefined, undefined, undefined],
        ['', '3', undefined, undefined],
      ],
    );
  });

  it('reads the same wherever the stream is cut', () => {
    const whole = parse([`${STREAM}data: end\n\n`]);
    for (let at = 0; at <= STREAM.length; at += 1) {
      assert.deepEqual(
        parse([STREAM.slice(0, at), `${STREAM.slice(at)}data: end\n\n`]).map(({ data, id }) => [data, id]),
        whole.map(({ data, id }) => [data, id]),
        `cut at ${at}`,
      );
    }
    assert.deepEqual(
      parse(`${STREAM}data: end\n\n`.split('')).map(({ data }) => data),
      whole.map(({ data }) => data),
    );
  });

  it('refuses an event that grows past the limit', () => {
    for (const end of ['', '\n\n']) {
      const parser = new SseParser(100);
      assert.equal(parser.push(`data: ${'x'.repeat(90)}\n\n`).length, 1);
      assert.throws(
        () => parser.push(`data: ${'x'.repeat(200)}${end}`),
        (error) => isSallyportError(error, 'upstream_invalid'),
      );
    }
  });

  it('keeps id, event and retry of an event whose data changes', () => {
    assert.equal(writeEvent('{"a":1}', { id: '7', event: 'message', retry: undefined }), 'event: message\nid: 7\ndata: {"a":1}\n\n');
    assert.deepEqual(parse([writeEvent('a\nb')])[0]?.data, 'a\nb');
  });
});

it('what no reader takes goes no further: comments, unknown fields, events of other names', () => {
  const parse = (text: string) => new SseParser(1000).push(text);
  assert.deepEqual(
    parse(': hidden\nid: 1\nnote: hidden\nevent: message\ndata: {}\nretry: soon\n\n').map(({ raw }) => raw),
    ['event: message\nid: 1\ndata: {}\n\n'],
  );
  assert.deepEqual(parse('event: ping\ndata: hidden\n\n'), []);
  assert.deepEqual(
    parse('event: ping\nid: 7\ndata: hidden\n\n').map(({ raw, data, id }) => [raw, data, id]),
    [['id: 7\ndata: \n\n', '', '7']],
  );
  assert.deepEqual(
    parse('id: 1\r\nevent: message\r\ndata:{}\r\nretry: 10\r\n\r\n').map(({ raw }) => raw),
    ['id: 1\r\nevent: message\r\ndata:{}\r\nretry: 10\r\n\r\n'],
  );
});

it('an id that is no header, or is longer than anybody needs, is none', () => {
  const idOf = (id: string): string | undefined => parse([`id: ${id}\ndata: {}\n\n`])[0]?.id;
  assert.equal(idOf('x'.repeat(1024)), 'x'.repeat(1024));
  for (const id of ['x'.repeat(1025), 'a\u0000b', 'a\u001b[31m', 'a\tb', 'a\u007f', 'é', 'a\u202eb']) assert.equal(idOf(id), undefined, JSON.stringify(id));
});
