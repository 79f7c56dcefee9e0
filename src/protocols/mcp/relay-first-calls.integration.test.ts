import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openCaller } from '../../../test/support/relay/caller.ts';
import { bench, startRelay } from '../../../test/support/relay/gateway.ts';
import { startScriptedServer, text, tool } from '../../../test/support/relay/upstream.ts';

test('the first calls of a new target, several at once and without a list before, all run', async (t) => {
  const server = await startScriptedServer([tool('echo')]);
  t.after(() => server.close());
  server.on('tools/call', (turn) => turn.result(text('echoed')));
  const relay = await startRelay({ resources: bench(server.url, [{ allow: ['tools/*'] }]) });
  t.after(() => relay.stop());
  const token = await relay.token('ann');
  const callers = await Promise.all(Array.from({ length: 8 }, () => openCaller(relay.endpoint(), token)));
  const replies = await Promise.all(callers.map((caller) => caller.call('echo')));
  assert.deepEqual(
    replies.map(({ result }) => result.content[0].text),
    Array.from({ length: 8 }, () => 'echoed'),
  );
});
