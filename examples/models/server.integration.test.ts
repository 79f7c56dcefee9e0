import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { CLIENT_KINDS, readable, type TestClient } from '../../test/support/clients.ts';
import { startModelsServer, type ModelsServer } from './server.ts';

const TOKEN = 'token-of-the-models-server';

async function start(t: TestContext): Promise<ModelsServer> {
  const server = await startModelsServer({ token: TOKEN });
  t.after(() => server.close());
  return server;
}

for (const kind of CLIENT_KINDS) {
  const open = async (t: TestContext, server: ModelsServer): Promise<TestClient> => {
    const client = await kind.connect(server.url, TOKEN);
    t.after(() => client.close());
    return client;
  };

  test(`${kind.name}: the seven tools are listed, and a run reports progress`, async (t) => {
    const client = await open(t, await start(t));
    const names = ['delete_model', 'get_model_metadata', 'list_api_keys', 'list_models', 'read_training_data', 'run_model', 'update_deployment'];
    assert.deepEqual((await client.tools()).toSorted(), names);
    const seen: number[] = [];
    const result = await client.call('run_model', { model: 'churn', rows: 300 }, { onprogress: ({ progress }) => seen.push(progress) });
    assert.equal(result.isError ?? false, false);
    assert.deepEqual(seen, [100, 200, 300]);
  });

  test(`${kind.name}: a change of a deployment and a deletion change what the server then says`, async (t) => {
    const server = await start(t);
    const client = await open(t, server);
    await client.call('update_deployment', { model: 'churn', replicas: 9 });
    assert.match(readable(await client.call('get_model_metadata', { model: 'churn' })), /"replicas":9/);
    await client.call('delete_model', { model: 'churn' });
    const gone = await client.call('get_model_metadata', { model: 'churn' });
    assert.equal(gone.isError, true);
    assert.deepEqual([server.state.executions.get('update_deployment'), server.state.executions.get('delete_model')], [1, 1]);
  });
}

test('the server opens to its own token and to no other', async (t) => {
  const { url } = await start(t);
  const post = (headers: Record<string, string>) => fetch(url, { method: 'POST', headers, body: '{}' });
  assert.equal((await post({})).status, 401);
  assert.equal((await post({ authorization: 'Bearer another' })).status, 401);
  assert.notEqual((await post({ authorization: `Bearer ${TOKEN}` })).status, 401);
});

test('its replies do hold what has to be masked', async (t) => {
  const server = await start(t);
  const client = await CLIENT_KINDS[2]?.connect(server.url, TOKEN);
  t.after(() => client?.close());
  const replies = await Promise.all([
    client?.call('list_api_keys'),
    client?.call('get_model_metadata', { model: 'churn' }),
    client?.call('read_training_data', { model: 'churn' }),
  ]);
  const text = JSON.stringify(replies);
  const found = server.state.secrets.filter((secret) => text.includes(secret));
  assert.ok(found.length >= 10, `only ${found.length} of the secrets are in the replies`);
});
