import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { it } from 'node:test';
import type { JsonObject } from '../../core/json.ts';
import type { Session } from '../../core/session.ts';
import { DEFAULT_LIMITS } from '../../core/target.ts';
import { readMessage, type RpcRequest } from './codec.ts';
import { nextRound, restoreCall, type Round } from './round.ts';

const target = {
  name: 't',
  protocol: 'mcp',
  address: 'https://t.example',
  labels: {},
  owners: [],
  audit: 'strict',
  masking: 'enforce',
  limits: DEFAULT_LIMITS,
};
const session = (over: { id?: string; client?: string; address?: string } = {}): Session => {
  const { id = 'ann', client = 'cli', address = target.address } = over;
  const subject = { kind: 'person', id, name: id, groups: [], issuer: 'local' } as const;
  // of a target, only what a seal looks at
  return { id: 's', subject, target: { ...target, address } as unknown as Session['target'], client: { address: '', userAgent: '', id: client } };
};
const key = randomBytes(32);
const now = 1_000_000;
const parts = { session: session(), key, now };
const call = (more: JsonObject = {}): RpcRequest =>
  // a message with an id and a method
  readMessage({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'write', arguments: { a: 1 }, ...more } }) as RpcRequest;
const round: Round = { approval: 'A', digest: 'd', ended: 0 };
const sealed = (more: JsonObject = {}): string => nextRound(round, call(more), parts) ?? assert.fail('no round');

it('a round brings back its call as the client made it, and what it continues', () => {
  const restored = restoreCall(call({ requestState: sealed() }), parts);
  assert.deepEqual(restored, { message: call(), round: { approval: 'A', digest: 'd', ended: 1 } });
});

it("the target's own state and what the client answered to it come back with the call, and nothing else does", () => {
  const state = sealed({ requestState: 'of the target', inputResponses: { who: { action: 'accept' } } });
  const restored = restoreCall(call({ requestState: state, inputResponses: { other: { action: 'accept' } } }), parts);
  assert.ok('message' in restored && restored.message.kind === 'request');
  assert.equal(restored.message.params['requestState'], 'of the target');
  assert.deepEqual(restored.message.params['inputResponses'], { who: { action: 'accept' } });
});

it("a state of the target's own is not looked at", () => {
  const message = call({ requestState: 'of the target' });
  assert.deepEqual(restoreCall(message, parts), { message });
});

it('a state is refused to another subject, client or target, and when it was altered or is old', () => {
  const state = sealed();
  const refused = (requestState: string, over = parts): void => assert.ok('problem' in restoreCall(call({ requestState }), over));
  for (const over of [{ id: 'bob' }, { client: 'another' }, { address: 'https://elsewhere.example' }]) refused(state, { ...parts, session: session(over) });
  refused(state, { ...parts, key: randomBytes(32) });
  refused(state, { ...parts, now: now + 10 * 60_000 });
  refused(`${state.slice(0, -3)}AAA`);
  refused('sallyport.1.');
  refused('sallyport.1.{}');
});

it('there are eight rounds and no more, and none for what is too large to carry', () => {
  assert.ok(nextRound({ ...round, ended: 6 }, call(), parts));
  assert.equal(nextRound({ ...round, ended: 7 }, call(), parts), undefined);
  assert.equal(nextRound(round, call({ requestState: 'x'.repeat(20_000) }), parts), undefined);
});
