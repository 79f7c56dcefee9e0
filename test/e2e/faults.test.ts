import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { signIn, type Api } from '../support/api.ts';
import { startGatewayProcess, type GatewayProcess } from '../support/gateway.ts';
import { listen } from '../support/listen.ts';
import { callRaw, postRaw, sendRaw, type RawReply } from '../support/raw.ts';
import { until } from '../support/until.ts';
import { startWorkbench, type Workbench } from '../support/workbench.ts';

const OWNER = { name: 'owner', kind: 'person' as const, groups: ['owners'], password: randomBytes(12).toString('hex') };
const TESTER = { sub: 'tester', groups: ['testers'] };

/** What an upstream may say instead of a reply to `echo`. The tool's argument chooses. */
const NONSENSE: Readonly<Record<string, (response: ServerResponse) => void>> = {
  html: (response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>It works</h1>'),
  'broken json': (response) => void response.writeHead(200, { 'content-type': 'application/json' }).end('{"jsonrpc":"2.0","id":1,"result":{'),
  'a key twice': (response) =>
    void response.writeHead(200, { 'content-type': 'application/json' }).end('{"jsonrpc":"2.0","id":1,"result":{"content":[]},"result":{"content":[]}}'),
  'no JSON-RPC': (response) => void response.writeHead(200, { 'content-type': 'application/json' }).end('[1,2,3]'),
  'an error page': (response) => void response.writeHead(500, { 'content-type': 'text/html' }).end('<h1>Internal Server Error</h1>'),
  'a cut stream': (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write('event: message\ndata: {"jsonrpc":"2.0",');
    setTimeout(() => response.destroy(), 50);
  },
  'nothing at all': (response) => void response.destroy(),
  'a redirect': (response) => void response.writeHead(307, { location: 'http://127.0.0.1:1/' }).end(),
};

let workbench: Workbench;
let gateway: GatewayProcess;
let owner: Api;
let token: string;
let nonsense: keyof typeof NONSENSE | undefined;

/** Speaks nonsense on calls of `echo` while a test wants it to. */
function admit(request: IncomingMessage, response: ServerResponse): boolean {
  if (nonsense === undefined || request.headers['mcp-name'] !== 'echo') return true;
  request.resume();
  NONSENSE[nonsense]?.(response);
  return false;
}

function resources(more: readonly object[] = []): object[] {
  const common = { kind: 'Target', protocol: 'mcp', owners: ['group:owners'] };
  return [
    { ...common, name: 'workbench', address: workbench.url },
    { ...common, name: 'hasty', address: workbench.url, limits: { replyMs: 300 } },
    { ...common, name: 'narrow', address: workbench.url, limits: { replyBytes: 65_536, requestBytes: 4096, depth: 16 } },
    { ...common, name: 'down', address: 'http://127.0.0.1:1/mcp' },
    { ...common, name: 'absent', command: ['/nonexistent/mcp-server'] },
    { kind: 'Policy', name: 'testers', targets: ['*'], rules: [{ name: 'testers-do-everything', subjects: ['group:testers'], allow: ['*'] }] },
    ...more,
  ];
}

before(async () => {
  workbench = await startWorkbench({ admit });
  gateway = await startGatewayProcess({ resources: resources(), accounts: [OWNER] });
  owner = await signIn(gateway.url, OWNER.name, OWNER.password);
  token = await gateway.issuer.token({ ...TESTER, aud: gateway.url });
});

after(async () => {
  await gateway?.stop();
  await workbench?.close();
});

const call = (target: string, tool: string, args: object = {}): Promise<RawReply> => callRaw(gateway.endpoint(target), token, tool, args);

/** The protocol's own form: a JSON-RPC error, or a tool result that is an error; never a page, never a bare status. */
function assertFailed(reply: RawReply, why: RegExp): void {
  const said = reply.message.error?.message ?? (reply.message.result?.isError === true ? JSON.stringify(reply.message.result.content) : '');
  assert.match(said, why, `${reply.status} ${reply.text.slice(0, 500)}`);
}

async function assertOthersWork(): Promise<void> {
  assert.equal((await call('workbench', 'write', { key: 'still here' })).message.result?.content?.[0]?.text, 'written: still here');
}

async function recordedKinds(target: string): Promise<string[]> {
  const sessions = (await owner.sessions()).filter((session) => session.target === target);
  const events = await Promise.all(sessions.map(async (session) => (await owner.session(session.id)).events));
  return events.flat().map(({ event }) => event.kind);
}

describe('an upstream that fails', () => {
  test('one that is down is an error that says so, recorded, and other targets go on', async () => {
    assertFailed(await call('down', 'echo', { value: 'x' }), /reach|connect|unavailable/i);
    await assertOthersWork();
    await until('the record of the failure', async () => ((await recordedKinds('down')).includes('command.failed') ? true : undefined));
  });

  test('a stdio server that does not exist is an error that says so', async () => {
    assertFailed(await call('absent', 'echo', { value: 'x' }), /start|reach|ended|exist/i);
    await assertOthersWork();
  });

  test('one that is slower than the target allows is an error that says so', async () => {
    assertFailed(await call('hasty', 'wait', { ms: 5000 }), /time|slow|answer/i);
    await assertOthersWork();
  });

  test('a reply that is larger than the target allows is refused, and a small one passes', async () => {
    assertFailed(await call('narrow', 'big', { bytes: 200_000 }), /large|limit|bytes|big/i);
    assert.equal((await call('narrow', 'big', { bytes: 1000 })).message.result?.content?.[0]?.text?.length, 1000);
  });

  for (const kind of Object.keys(NONSENSE)) {
    test(`one that answers with ${kind} is an error of the gateway's, and the next call works`, async (t) => {
      t.after(() => (nonsense = undefined));
      await call('workbench', 'write', { key: 'first' });
      nonsense = kind;
      const reply = await call('workbench', 'echo', { value: 'x' });
      assertFailed(reply, /./);
      assert.doesNotMatch(reply.text, /It works|Internal Server Error/);
      nonsense = undefined;
      assert.equal((await call('workbench', 'echo', { value: 'back again' })).message.result?.content?.[0]?.text, 'back again');
    });
  }

  test('its failures are in the record', async () => {
    await until('the records', async () => ((await recordedKinds('workbench')).filter((kind) => kind === 'command.failed').length >= 4 ? true : undefined));
  });
});

describe('bad input', () => {
  const send = (body: string, headers: Record<string, string> = {}): Promise<RawReply> =>
    postRaw(gateway.endpoint('narrow'), token, body, { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/list', ...headers });

  test('no token, and a bad one: 401 with where to get one', async () => {
    for (const bad of [undefined, 'not-a-token', await gateway.issuer.token({ ...TESTER, aud: 'https://elsewhere.example' })]) {
      const reply = await sendRaw(gateway.endpoint('workbench'), bad, 'tools/list');
      assert.equal(reply.status, 401);
      assert.match(reply.headers.get('www-authenticate') ?? '', /^Bearer .*resource_metadata="/);
    }
  });

  test('a target that does not exist and one that may not be reached look the same: 404', async () => {
    const stranger = await gateway.issuer.token({ sub: 'stranger', aud: gateway.url });
    const [absent, closed] = [
      await sendRaw(gateway.endpoint('no-such-target'), token, 'tools/list'),
      await sendRaw(gateway.endpoint('workbench'), stranger, 'tools/list'),
    ];
    assert.deepEqual([absent.status, closed.status], [404, 404]);
    assert.equal(absent.text, closed.text);
  });

  test('what is not JSON, not a message, too deep or too large is refused with a JSON-RPC error', async () => {
    const message = (params: string): string => `{"jsonrpc":"2.0","id":1,"method":"tools/list","params":${params}}`;
    const bodies = [
      '{"jsonrpc":',
      '"text"',
      '{}',
      message(`${'['.repeat(50)}${']'.repeat(50)}`),
      message(`{"x":"${'y'.repeat(8000)}"}`),
      `${message('{}')} trailing`,
    ];
    for (const body of bodies) {
      const reply = await send(body);
      assert.ok(reply.status >= 400 && reply.status < 500, `${reply.status} for ${body.slice(0, 60)}`);
      assert.equal(typeof reply.message.error?.code, 'number', reply.text.slice(0, 200));
    }
    await assertOthersWork();
  });

  test('a tool that is not listed is an unknown tool', async () => {
    assert.equal((await call('workbench', 'no_such_tool')).message.error?.code, -32602);
  });
});

describe('a bad configuration', () => {
  test('does not start, and says every problem and where it is', async () => {
    const start = startGatewayProcess({ resources: resources(), config: { surprise: true, audit: 7 } });
    await assert.rejects(start, (error: Error) => /error:/.test(error.message) && /surprise/.test(error.message));
  });

  test('resources that are wrong do not start either', async () => {
    const start = startGatewayProcess({ resources: [{ kind: 'Target', name: 'x', protocol: 'mcp', adress: 'http://127.0.0.1:1/' }] });
    await assert.rejects(start, /adress/);
  });

  test('a port that is taken is said, not thrown', async (t) => {
    const { port, close } = await listen(createServer());
    t.after(close);
    await assert.rejects(
      startGatewayProcess({ resources: resources(), config: { listen: { http: `127.0.0.1:${port}` } } }),
      /error: cannot listen on 127\.0\.0\.1/,
    );
  });
});

test('a policy that becomes wrong is refused as a whole: the old one stays, and the output says where it is wrong', async () => {
  await gateway.writeResources([...resources(), { kind: 'Policy', name: 'wrong', targets: ['workbench'], rules: [{ name: 'x', alow: ['*'] }] }]);
  await until('the complaint', () => (/alow/.test(gateway.output()) ? true : undefined));
  await assertOthersWork();
  const denies = {
    kind: 'Policy',
    name: 'narrower',
    targets: ['workbench'],
    rules: [{ name: 'no-echo', deny: ['tools/call echo'], message: 'no more echoes' }],
  };
  await gateway.writeResources(resources([denies]));
  await until('the new policy', async () => (/no more echoes/.test((await call('workbench', 'echo', { value: 'x' })).text) ? true : undefined));
  await assertOthersWork();
});
