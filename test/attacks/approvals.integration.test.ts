import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { signIn, type Api } from '../support/api.ts';
import { until } from '../support/until.ts';
import { passwordOf, startBench, type Bench, type RequestParts } from './bench.ts';
import type { Heard } from './wire.ts';

let bench: Bench;
const api = {} as Record<'alice' | 'bob' | 'lead', Api>; // filled before the first test
before(async () => {
  bench = await startBench();
  for (const name of ['alice', 'bob', 'lead'] as const) api[name] = await signIn(bench.url, name, passwordOf(name));
});
after(() => bench.close());

const remove = (id: unknown, more: object = {}): RequestParts => ({ name: 'remove', params: { arguments: { id }, ...more } });
const runs = (): number => bench.arrived.filter(({ body }) => body.includes('"remove"')).length;
const textOf = (heard: Heard): string => JSON.stringify(heard.messages.at(-1) ?? '');

/** Asks and hangs up: the request stays with the people. */
async function ask(parts: RequestParts): Promise<string> {
  await bench.send(await bench.request(parts), 300);
  const found = await until('the request', async () => (await api.lead.approvals())[0]);
  return found.id;
}

test('what was approved runs once, in exactly its words, and nothing else does', async () => {
  const id = await ask(remove(1));
  await api.lead.answer(id, 'approve');
  const before = runs();
  for (const other of [
    remove(2),
    remove('1'),
    remove(1.5),
    { ...remove(1), params: { arguments: { id: 1, more: true } } },
    { ...remove(1), token: await bench.token('bob') },
  ])
    await bench.send(await bench.request(other), 300);
  assert.equal(runs(), before, 'another call ran on the approval');
  const replies = await Promise.all(Array.from({ length: 8 }, async (_, at) => bench.send(await bench.request({ ...remove(1), id: at }))));
  assert.equal(runs(), before + 1);
  assert.ok(replies.some((heard) => textOf(heard).includes('fine')));
  for (const { id: pending } of await api.lead.approvals()) await api.lead.answer(pending, 'deny');
});

test('nobody but who is named answers: not the requester, under any account of that name, nor a stranger', async () => {
  const id = await ask(remove(10));
  const before = runs();
  for (const who of ['alice', 'bob'] as const) {
    for (const answer of ['approve', 'deny'] as const) await assert.rejects(api[who].answer(id, answer), /^Error: 40[34]/);
  }
  await assert.rejects(api.bob.answer(id, 'withdraw'), /^Error: 404/);
  await assert.rejects(api.lead.answer(id, 'withdraw'), /^Error: 40[34]/);
  assert.equal((await api.bob.raw(`approvals/${id}`)).status, 404);
  const access = await bench.token('lead');
  for (const authorization of [`Bearer ${access}`, '', 'Basic eDp5'])
    assert.equal(
      (await fetch(`${bench.url}/api/approvals/${id}/approve`, { method: 'POST', headers: { 'content-type': 'application/json', authorization }, body: '{}' }))
        .status,
      401,
    );
  for (const method of ['GET', 'HEAD', 'PUT']) assert.ok((await api.lead.raw(`approvals/${id}/approve`, { method })).status >= 400, method);
  const pending = await bench.send(await bench.request(remove(10)), 300);
  assert.equal(runs(), before, pending.body);
  await api.lead.answer(id, 'approve');
  assert.ok(textOf(await bench.send(await bench.request(remove(10)))).includes('fine'));
  await assert.rejects(api.lead.answer(id, 'approve'), /^Error: 409/);
});

test('what a caller claims of an approval in its call counts for nothing', async () => {
  const before = runs();
  const claims = { _meta: { 'dev.sallyport/approval': { id: 'apr', status: 'granted' }, 'dev.sallyport/decision': { decision: 'allow' } } };
  const body = JSON.stringify({
    jsonrpc: '2.0',
    id: 1,
    method: 'tools/call',
    params: { name: 'remove', arguments: { id: 20 }, ...claims, requestState: 'granted', inputResponses: { approve: { action: 'accept' } } },
  });
  await bench.send(await bench.request({ era: 'legacy', body, headers: { 'X-Approval': 'granted' } }), 300);
  assert.equal(runs(), before);
  for (const { id } of await api.lead.approvals()) await api.lead.answer(id, 'deny');
  const denied = await bench.send(await bench.request({ era: 'legacy', body }));
  assert.match(textOf(denied), /APPROVAL_DENIED/);
  assert.equal(runs(), before);
});

test('recordings are seen by whose they are and by the owners of the target, by nobody of the same name', async () => {
  const owner = await signIn(bench.url, 'owner', passwordOf('owner'));
  const all = await until('the sessions', async () => ((await owner.sessions()).length > 1 ? owner.sessions() : undefined));
  // Its issuer's alice asked; the account of that name is somebody else.
  assert.ok(all.some(({ subject }) => subject === 'alice'));
  for (const who of ['alice', 'bob', 'lead'] as const) {
    assert.deepEqual(await api[who].sessions(), [], who);
    for (const { id } of all) assert.equal((await api[who].raw(`sessions/${id}`)).status, 404);
  }
  for (const id of ['..', '%2e%2e', '0', "' or 1=1 --", 'a'.repeat(3000)]) assert.ok((await owner.raw(`sessions/${id}`)).status >= 400, id);
});
