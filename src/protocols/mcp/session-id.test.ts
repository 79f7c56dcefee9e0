import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { it } from 'node:test';
import { plainTarget } from '../../../test/support/plain-target.ts';
import type { Subject } from '../../core/subject.ts';
import type { Target } from '../../core/target.ts';
import { openSessionId, sealSessionId, type McpSession } from './session-id.ts';

const subject = (id: string): Subject => ({ kind: 'person', id, name: id, groups: [], issuer: 'https://idp.example' });
const target = (name: string, address: string): Target => plainTarget({ name, address });
const SESSION: McpSession = { id: '01J', upstreamId: 'abc', version: '2025-11-25', clientName: 'x' };
const KEY = randomBytes(32);
const MODELS = target('models', 'http://a/mcp');

it('a session id opens for its own subject and target', () => {
  const sealed = sealSessionId(SESSION, subject('alice'), MODELS, KEY);
  assert.match(sealed, /^[\x21-\x7e]+$/);
  assert.deepEqual(openSessionId(sealed, subject('alice'), MODELS, KEY), SESSION);
});

it('a session id opens for nobody else, nowhere else, and not when it was changed', () => {
  const sealed = sealSessionId(SESSION, subject('alice'), MODELS, KEY);
  assert.equal(openSessionId(sealed, subject('bob'), MODELS, KEY), undefined);
  assert.equal(openSessionId(sealed, subject('alice'), target('payroll', 'http://a/mcp'), KEY), undefined);
  assert.equal(openSessionId(sealed, subject('alice'), target('models', 'http://b/mcp'), KEY), undefined);
  assert.equal(openSessionId(sealed, subject('alice'), MODELS, randomBytes(32)), undefined);
  for (const bad of ['', 'x', 'A'.repeat(5000), `${sealed}A`, sealed.slice(0, -2), `${sealed.startsWith('B') ? 'C' : 'B'}${sealed.slice(1)}`, `${sealed}\n`])
    assert.equal(openSessionId(bad, subject('alice'), MODELS, KEY), undefined, bad.slice(0, 20));
});
