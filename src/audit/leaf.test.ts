import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonicalJson } from '../core/canonical.ts';
import { parseJson } from '../core/json.ts';
import { leafText, readLeaf, type Leaf } from './leaf.ts';
import { anEvent } from './testing.ts';

const decision = {
  effect: 'allow',
  rule: 'r',
  reason: 'because',
  policyVersion: 'b'.repeat(64),
  risk: { score: 12.5, factors: [{ points: 1e21, name: 'é' }] },
} as const;

const hostile = ['', '"\\\n\t\b\f\r', '\u0000\u001f\u007f', '\u2028\u2029', '\ud800 alone', '\udc00', '\u{1f600}', '</script>', '\ufeff', '__proto__'];

test('a leaf is its RFC 8785 text, byte for byte, whatever its strings hold', () => {
  for (const text of hostile) {
    const parts = {
      note: text,
      target: text,
      decision: { ...decision, reason: text },
      masks: [{ name: text, by: 'field', count: 3 }],
      outcome: { status: text, bytes: 0, milliseconds: -0 },
    } as const;
    const leaf: Leaf = {
      ...anEvent('reply.received', parts),
      index: 2 ** 40,
      writer: text,
      bodies: [{ name: 'reply', contentType: text, bytes: 5, key: text, sha256: text }],
    };
    assert.equal(leafText(leaf), canonicalJson(parseJson(JSON.stringify(leaf))));
    assert.equal(leafText(leaf), canonicalJson(parseJson(leafText(leaf))));
  }
});

test('every member that an event can have is in its leaf', () => {
  const leaf: Required<Leaf> = {
    ...anEvent('reply.received'),
    session: 's',
    subject: { name: 'n', id: 'i', kind: 'ai-agent', onBehalfOf: 'somebody', groups: ['b', 'a'], issuer: 'x' },
    target: 't',
    protocol: 'mcp',
    client: { userAgent: 'u', id: 'c', address: '::1' },
    command: { name: 'c', flags: ['f'], digest: 'd' },
    decision,
    approval: 'a',
    intent: 'i',
    outcome: { status: 'ok', milliseconds: 3, bytes: 5 },
    masks: [{ name: 'email', by: 'detector', count: 1 }],
    note: 'n',
    writer: 'w1',
    index: 3,
    bodies: [{ sha256: 's', name: 'reply', key: 'k', contentType: 'c', bytes: 1 }],
  };
  assert.equal(leafText(leaf), canonicalJson(parseJson(JSON.stringify(leaf))));
  assert.deepEqual(JSON.parse(leafText(leaf)), leaf);
});

test('a member that is undefined is not written at all', () => {
  const leaf = { ...anEvent(), index: 0, writer: 'w', note: undefined } as unknown as Leaf;
  assert.equal(leafText(leaf).includes('note'), false);
});

test('bytes that are no leaf are told from those that are', () => {
  const leaf: Leaf = { ...anEvent(), index: 7, writer: 'w1' };
  assert.deepEqual(readLeaf(Buffer.from(leafText(leaf))), leaf);
  for (const text of ['', 'null', '[]', '{}', '{"writer":"w1","index":-0.5,"id":"x","kind":"y"}', leafText(leaf).slice(1)])
    assert.equal(readLeaf(Buffer.from(text)), undefined, text);
});
