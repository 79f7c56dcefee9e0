import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plainTarget } from '../../../test/support/plain-target.ts';
import type { Target } from '../../core/target.ts';
import { isReadOnlyTool, writeBackProblem } from './write-back.ts';

const target = (parts: Partial<Target> = {}): Target => plainTarget({ name: 't', ...parts });

test('a call that writes a placeholder back is refused, one with a real value is not', () => {
  for (const value of ['[redacted:email]', 'mail [hash:email:0123456789ab] x', '************7141'])
    assert.match(writeBackProblem(target(), 'update', { row: [{ mail: value }] }) ?? '', /would destroy/, value);
  assert.match(writeBackProblem(target(), 'update', { file: Buffer.from('{"mail":"[redacted:email]"}').toString('base64') }) ?? '', /would destroy/);
  assert.equal(writeBackProblem(target(), 'update', { row: [{ mail: 'ada@example.org', rating: '***' }] }), undefined);
});

test('a target may allow placeholders, for all tools or for those an administrator calls read-only', () => {
  const args = { query: '[redacted:email]' };
  assert.equal(writeBackProblem(target({ placeholders: 'allow' }), 'update', args), undefined);
  assert.equal(writeBackProblem(target({ readOnlyTools: ['search_*'] }), 'search_people', args), undefined);
  assert.notEqual(writeBackProblem(target({ readOnlyTools: ['search_*'] }), 'update', args), undefined);
  assert.equal(isReadOnlyTool(target(), 'search_people'), false);
});
