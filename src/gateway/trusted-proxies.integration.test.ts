/** A whole gateway with a proxy in front of it: what it is told of clients, on every way in over HTTP. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { startGatewayProcess, type GatewayProcess } from '../../test/support/gateway.ts';
import { until } from '../../test/support/until.ts';
import { readEvents } from '../audit/replay.ts';
import { listWriters } from '../audit/segment.ts';

const PROXY = '127.0.0.2';

let gateway: GatewayProcess;
before(async () => {
  gateway = await startGatewayProcess({ resources: [], listen: { trustedProxies: [PROXY] } });
});
after(() => gateway?.stop());

/** The ways in, each with something that is refused and recorded. */
const WAYS = {
  'signin.failed': ['/api/sign-in', 'application/json', '{"name":"nobody","password":"wrong"}'],
  'token.refused of oauth': ['/oauth/token', 'application/x-www-form-urlencoded', 'grant_type=refresh_token&refresh_token=x&client_id=x'],
  'token.refused of mcp': ['/mcp/nothing', 'application/json', '{}'],
} as const;

for (const [kind, [path, type, body]] of Object.entries(WAYS)) {
  test(`${kind} names who the proxy says, and from anybody else who is connected`, async () => {
    for (const [from, address] of [
      [PROXY, '203.0.113.9'],
      ['127.0.0.3', '127.0.0.3'],
    ] as const) {
      const headers = { 'content-type': type, authorization: path.startsWith('/mcp') ? 'Bearer wrong' : '', 'x-forwarded-for': '198.51.100.1, 203.0.113.9' };
      const sent = request({ host: '127.0.0.1', port: gateway.port, path, method: 'POST', localAddress: from, headers });
      sent.end(body);
      // Node emits it with the one argument.
      const [response] = (await once(sent, 'response')) as [IncomingMessage];
      response.resume();
      assert.ok((response.statusCode ?? 0) >= 400);
      await until(`${kind} from ${address}`, async () => ((await recorded(kind)).includes(address) ? true : undefined));
      assert.ok(!(await recorded(kind)).includes('198.51.100.1'));
    }
  });
}

/** Addresses of the clients of all events of that kind. */
async function recorded(kind: string): Promise<readonly string[]> {
  const folder = join(gateway.folder, 'data', 'journal');
  const [writer = ''] = await listWriters(folder);
  const addresses: string[] = [];
  for await (const { leaf } of readEvents({ folder, writer }))
    if (kind === leaf.kind || kind === `${leaf.kind} of ${leaf.protocol ?? ''}`) addresses.push(leaf.client?.address ?? '');
  return addresses;
}
