import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { plainTarget } from '../../../test/support/plain-target.ts';
import { createMasker } from '../../masking/masker.ts';
import { createStdioUpstream } from './stdio-upstream.ts';
import type { McpSession } from './session-id.ts';
import type { Transport, UpstreamCall } from './transport.ts';
import { ownMessage } from './upstream.ts';

const PROGRAM = fileURLToPath(import.meta.resolve('../../../test/support/relay/stdio-server.ts'));
const masker = createMasker([], { key: new Uint8Array(32), direction: 'reply' });
const LIMITS = { all: 3, ofSubject: 2 };

function upstream(t: TestContext): Transport {
  const credential = () => Promise.resolve({ kind: 'headers', headers: [], warnings: [] } as const);
  const transport = createStdioUpstream(plainTarget({ command: [process.execPath, PROGRAM] }), { credential, masker: () => masker, limits: LIMITS });
  t.after(() => transport.close());
  return transport;
}

const initialize = ownMessage({ jsonrpc: '2.0', id: 1, method: 'initialize', params: {} });
const call = (owner: string): Omit<UpstreamCall, 'verb'> => ({ owner, headers: {}, session: undefined, signal: AbortSignal.timeout(60_000) });

/** Opens a session; what the target calls it. */
async function open(transport: Transport, owner: string): Promise<string> {
  let id = '';
  for await (const event of transport.send({ ...call(owner), verb: 'POST', message: initialize })) if (event.kind === 'head') id = event.sessionId ?? '';
  return id;
}

async function end(transport: Transport, owner: string, upstreamId: string): Promise<void> {
  const session: McpSession = { id: 's', upstreamId, version: '', clientName: '' };
  for await (const _event of transport.send({ ...call(owner), verb: 'DELETE', session })) continue;
}

const OWN_LIMIT = { code: 'upstream_unreachable', message: /you have 2 sessions open at the target "lab", which is the limit/ };

test('one subject has a part of a target’s processes and no more; others have theirs, up to the limit of all', async (t) => {
  const transport = upstream(t);
  const first = await open(transport, 'ann');
  await open(transport, 'ann');
  await assert.rejects(open(transport, 'ann'), OWN_LIMIT);
  assert.ok(await open(transport, 'bob'));
  await assert.rejects(open(transport, 'carol'), { code: 'upstream_unreachable', message: /the target "lab" has 3 sessions open/ });
  await end(transport, 'ann', first);
  assert.ok(await open(transport, 'carol'));
});

test('sessions that one subject opens at the same moment are counted one after another', async (t) => {
  const transport = upstream(t);
  const opened = await Promise.allSettled(Array.from({ length: 6 }, () => open(transport, 'ann')));
  assert.equal(opened.filter(({ status }) => status === 'fulfilled').length, 2);
  for (const one of opened) if (one.status === 'rejected') assert.match(String(one.reason), /which is the limit/);
});
