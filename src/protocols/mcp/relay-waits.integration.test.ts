import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { CLIENT_KINDS, readable, type ToolResult } from '../../../test/support/clients.ts';
import { bench, LEAD, startRelay, type Relay } from '../../../test/support/relay/gateway.ts';
import { startScriptedServer, text, tool, type ScriptedServer } from '../../../test/support/relay/upstream.ts';
import { DEFAULT_TIMES } from './times.ts';

const RULES = [{ name: 'writing-takes-a-lead', review: ['tools/call write'], approval: { from: ['group:leads'] } }, { allow: ['tools/*'] }];
/** What SDK clients wait for a reply unless told otherwise. */
const SDK_MS = 60_000;
const FIVE_MINUTES = 300_000;

let server: ScriptedServer;
let relay: Relay;

before(async () => {
  const tools = [tool('write', { key: {} })];
  server = await startScriptedServer(tools);
  const modern = { resultType: 'complete', ttlMs: 0, cacheScope: 'private' };
  const discovered = { supportedVersions: ['2026-07-28'], capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } };
  server.on('server/discover', (turn) => turn.result({ ...modern, ...discovered }));
  server.on('tools/list', (turn) => turn.result({ ...(turn.headers['mcp-method'] === undefined ? {} : modern), tools }));
  server.on('tools/call', (turn) => turn.result({ ...(turn.headers['mcp-method'] === undefined ? {} : { resultType: 'complete' }), ...text('ran') }));
  relay = await startRelay({ resources: bench(server.url, RULES), times: { holdMs: 50, patientHoldMs: 50, sayEveryMs: 10 } });
});
after(async () => {
  await relay.stop();
  await server.close();
});

test('no way of waiting is longer than what an SDK client at its defaults waits, and rounds last for five minutes', () => {
  assert.ok(DEFAULT_TIMES.holdMs < SDK_MS && DEFAULT_TIMES.roundMs < SDK_MS);
  assert.ok(7 * DEFAULT_TIMES.roundMs + DEFAULT_TIMES.holdMs > FIVE_MINUTES);
});

for (const kind of CLIENT_KINDS) {
  test(`${kind.name} at its default time-outs: an approval that takes five minutes ends with the tool run once and its result delivered`, async (t) => {
    const client = await kind.connect(relay.endpoint(), await relay.token(`ann-${kind.name.replaceAll(/\W/g, '')}`));
    t.after(() => client.close());
    const args = { key: kind.name };
    const call = (): Promise<ToolResult> => client.call('write', args);
    const ids = new Set<string>();
    // Five minutes of holds, each of which the client would have waited for.
    for (let waited = 0; waited < FIVE_MINUTES; waited += DEFAULT_TIMES.holdMs) {
      const told = readable(await call());
      ids.add(/APPROVAL_PENDING id=(\w+)\. Not executed\..*Call this tool again with exactly the same arguments in about 60 s/.exec(told)?.[1] ?? told);
    }
    const [id = ''] = ids;
    assert.equal(ids.size, 1);
    await relay.approvals.answer(id, LEAD, 'approve', '');
    assert.equal((await call()).content[0]?.text, 'ran');
    assert.equal((await call()).content[0]?.text, 'ran');
    const runs = server.asked('tools/call').filter((turn) => JSON.stringify(turn.message.params.arguments) === JSON.stringify(args));
    assert.equal(runs.length, 1);
  });
}
