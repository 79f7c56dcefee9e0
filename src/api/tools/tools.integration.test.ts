import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Target } from '../../core/target.ts';
import { memoryPins } from '../../protocols/mcp/pins/pin-store.ts';
import { ToolPins } from '../../protocols/mcp/pins/tool-pins.ts';
import { startTestApi, type TestApi } from '../testing.ts';

let api: TestApi;
let target: Target;
let owner: Record<string, string>;
const pins = new ToolPins(memoryPins(), { append: (event) => Promise.resolve(void api.events.push(event)) });
const V1 = 'a'.repeat(64);
const V2 = 'b'.repeat(64);

const declare = (hash: string, description: string) =>
  pins.learn(target, {
    declared: [{ name: 'files/add', hash, shown: () => Promise.resolve({ definition: JSON.stringify({ name: 'files/add', description }), findings: [] }) }],
    listEnded: true,
  });

before(async () => {
  api = await startTestApi({ pins });
  const found = api.snapshot.target('models');
  assert.ok(found);
  target = found;
  owner = await api.signIn('owner');
  await declare(V1, 'Adds.');
  await declare(V2, 'Adds and sends.');
});
after(() => api.close());

const tools = async () => (await api.call('/api/targets/models/tools', { headers: owner })).json['tools'];
const answer = (how: string, hash: string, headers = owner) =>
  api.call(`/api/targets/models/tools/files%2Fadd/${how}`, { method: 'POST', body: { hash }, headers });

test('owners see what waits beside what was pinned, and where they differ', async () => {
  assert.partialDeepStrictEqual(await tools(), [
    {
      name: 'files/add',
      status: 'quarantined',
      hash: V2,
      pinned: { hash: V1 },
      differences: [{ path: 'description', before: 'Adds.', after: 'Adds and sends.' }],
    },
  ]);
});

test('who does not own the target sees and answers nothing; without the CSRF token nobody does', async () => {
  const other = await api.signIn('scientist');
  assert.equal((await api.call('/api/targets/models/tools', { headers: other })).status, 404);
  assert.equal((await answer('accept', V2, other)).status, 404);
  assert.equal((await answer('accept', V2, { cookie: owner['cookie'] ?? '' })).status, 403);
  assert.equal((await api.call('/api/targets/models/tools')).status, 401);
  assert.equal((await api.call('/api/targets/payroll/tools', { headers: owner })).status, 404);
  assert.equal(pins.standing(target, 'files/add', V2).kind, 'refused');
});

test('an answer names the definition that was looked at: another hash changes nothing', async () => {
  assert.equal((await answer('accept', 'c'.repeat(64))).status, 404);
  assert.equal((await answer('accept', V1)).status, 409);
  assert.equal((await answer('accept', 'yes')).status, 400);
  assert.equal(pins.standing(target, 'files/add', V2).kind, 'refused');
});

test('an accepted definition is pinned, a rejected one refused, and the record says who said so', async () => {
  assert.partialDeepStrictEqual((await answer('reject', V2)).json, { status: 'rejected', decided: { by: 'owner' } });
  assert.equal(pins.standing(target, 'files/add', V2).kind, 'refused');
  assert.partialDeepStrictEqual((await answer('accept', V2)).json, { status: 'accepted', differences: [] });
  assert.equal(pins.standing(target, 'files/add', V2).kind, 'accepted');
  assert.partialDeepStrictEqual(api.events.at(-1), {
    kind: 'target.changed',
    target: 'models',
    subject: { name: 'owner' },
    note: `tool files/add accepted: ${V2}`,
  });
});
