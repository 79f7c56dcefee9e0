import assert from 'node:assert/strict';
import { test } from 'node:test';
import { approvalKey } from './approval-key.ts';
import { agentOf, askFor, KEY, lead, scientist, type AskParts } from './fixtures.ts';

const keyOf = (parts: AskParts = {}): string => approvalKey(askFor(parts), KEY);

test('the same command of the same subject has the same key, whatever the order of its arguments', () => {
  assert.equal(keyOf({ args: { a: 1, b: 2 } }), keyOf({ args: { b: 2, a: 1 } }));
  assert.match(keyOf(), /^[0-9a-f]{64}$/);
});

const DIFFERENCES: Readonly<Record<string, AskParts>> = {
  'the subject': { subject: lead },
  'an agent instead of its person': { subject: agentOf(scientist) },
  'the person behind the same agent': { subject: { ...agentOf(lead), name: 'scientist-helper' } },
  'the OAuth client': { client: 'other-client' },
  'the target': { target: { name: 'models-2' } },
  "the target's address": { target: { address: 'http://127.0.0.1:7701/mcp' } },
  "the target's program": { target: { command: ['npx', 'other'] } },
  'the credential that would be used': { target: { credential: { bearer: { env: 'ADMIN_TOKEN' } } } },
  'an argument': { args: { replicas: 4 } },
  "an argument's type": { args: { replicas: '3' } },
  "the tool's definition": { definition: 'tool-v2' },
  'the policy': { policy: 'p2' },
};

for (const [what, parts] of Object.entries(DIFFERENCES)) {
  test(`another key: ${what} differs`, () => {
    assert.notEqual(keyOf(parts), keyOf());
  });
}

test('without the secret the key cannot be computed', () => {
  assert.notEqual(approvalKey(askFor(), Buffer.alloc(32, 8)), keyOf());
});

test('text that would look alike when joined does not collide', () => {
  assert.notEqual(keyOf({ target: { name: 'a', address: 'b|c' } }), keyOf({ target: { name: 'a|b', address: 'c' } }));
});
