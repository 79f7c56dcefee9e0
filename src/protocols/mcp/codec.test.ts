import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isSallyportError } from '../../core/error.ts';
import { idText, readBody, rpcCodeOf } from './codec.ts';

const read = (text: string) => readBody(Buffer.from(text), 256);
const call = (params: string, envelope = ''): string => `{"jsonrpc":"2.0","id":1,"method":"tools/call"${envelope},"params":${params}}`;

const refused = (text: string): void => {
  assert.throws(
    () => read(text),
    (error) => isSallyportError(error, 'json_ambiguous'),
    text,
  );
};

describe('JSON-RPC messages', () => {
  it('reads requests, notifications and answers', () => {
    assert.equal(read(call('{"name":"x"}')).messages[0]?.kind, 'request');
    assert.equal(read('{"jsonrpc":"2.0","method":"notifications/initialized"}').messages[0]?.kind, 'notification');
    assert.equal(read('{"jsonrpc":"2.0","id":"a","result":{}}').messages[0]?.kind, 'response');
    assert.equal(read('{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"x"}}').messages[0]?.kind, 'response');
  });

  it('keeps ids apart that another reader would round or mix', () => {
    const ids = ['1', '"1"', '9007199254740993', '9007199254740992'].map((id) => {
      const [message] = read(`{"jsonrpc":"2.0","id":${id},"method":"ping"}`).messages;
      return message?.kind === 'request' ? idText(message.id) : '';
    });
    assert.deepEqual(ids, ['1', '"1"', '9007199254740993', '9007199254740992']);
  });

  it('refuses ids that are no string and no integer', () => {
    for (const id of ['null', '1.5', '1e3', '{}', '[]', 'true']) refused(`{"jsonrpc":"2.0","id":${id},"method":"ping"}`);
  });

  it('refuses keys that look like one of the protocol, where the protocol has it', () => {
    read(call('{"name":"x","Extra":1,"arguments":{"Name":1,"NAME":2}}'));
    refused(call('{"name":"x","Name":"y"}'));
    refused(call('{"name":"x","ｎａｍｅ":"y"}'));
    refused(call('{"name":"x","na\\u200bme":"y"}'));
    refused(call('{"name":"x","name\\u0000":"y"}'));
    refused(call('{"name":"x","_Meta":{}}'));
    refused(call('{"name":"x"}', ',"Method":"ping"'));
    refused(call('{"name":"x","_meta":{"IO.modelcontextprotocol/protocolVersion":"2026-07-28"}}'));
    refused('{"jsonrpc":"2.0","id":1,"ID":2,"method":"ping"}');
  });

  it('refuses names that hold control characters or half a surrogate pair', () => {
    read(call('{"name":"名前🙂"}'));
    for (const name of ['get\\u0000x', 'get\\ud800', 'a\\nb', 'a\\u007f']) refused(call(`{"name":"${name}"}`));
    refused('{"jsonrpc":"2.0","id":1,"method":"tools\\u0000/call"}');
  });

  it('refuses what is neither one thing nor the other', () => {
    for (const text of [
      '{}',
      '1',
      '"x"',
      '{"jsonrpc":"1.0","id":1,"method":"ping"}',
      '{"jsonrpc":"2.0","id":1}',
      '{"jsonrpc":"2.0","id":1,"method":"a","result":{}}',
      '{"jsonrpc":"2.0","id":1,"result":1,"error":{}}',
      call('[]'),
      '[]',
      '[[]]',
    ])
      refused(text);
  });

  it('says -32700 for what is not JSON and -32600 for the rest', () => {
    const codeOf = (text: string): number => {
      try {
        read(text);
        return 0;
      } catch (error) {
        return rpcCodeOf(error);
      }
    };
    assert.equal(codeOf('{'), -32700);
    assert.equal(codeOf('{"a":1,"a":2}'), -32600);
    assert.equal(codeOf('{}'), -32600);
  });

  it('reads a batch of at most 100', () => {
    const ping = '{"jsonrpc":"2.0","id":1,"method":"ping"}';
    assert.equal(read(`[${ping},${ping}]`).messages.length, 2);
    refused(`[${Array.from({ length: 101 }, () => ping).join(',')}]`);
  });
});
