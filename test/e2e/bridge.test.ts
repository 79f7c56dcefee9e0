import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, test } from 'node:test';
import { StdioClientTransport as Stdio2 } from '@modelcontextprotocol/client/stdio';
import { StdioClientTransport as Stdio1 } from '@modelcontextprotocol/sdk/client/stdio.js';
import { conformanceResources } from '../conformance/comparison.ts';
import { startConformanceServer } from '../conformance/server.ts';
import { runStep } from '../cli/script.ts';
import { signIn, type Api } from '../support/api.ts';
import { clientOfSdk1, clientOfSdk2, COMPLETION, readable, USERNAME, type TestClient } from '../support/clients.ts';
import { startGatewayProcess, type GatewayProcess } from '../support/gateway.ts';
import type { McpHttpServer } from '../support/mcp-server.ts';
import { until } from '../support/until.ts';
import { startWorkbench, type Workbench } from '../support/workbench.ts';

const BIN = join(import.meta.dirname, '../../bin/sallyport');
const TESTER = { name: 'tester', kind: 'person' as const, groups: ['conformance', 'testers'], password: randomBytes(12).toString('hex') };
const LEAD = { name: 'lead', kind: 'person' as const, groups: ['leads'], password: randomBytes(12).toString('hex') };

let fixture: McpHttpServer;
let workbench: Workbench;
let gateway: GatewayProcess;
let lead: Api;
let env: Record<string, string>;

before(async () => {
  [fixture, workbench] = await Promise.all([startConformanceServer(), startWorkbench()]);
  const rules = [
    { name: 'held', subjects: ['group:testers'], review: ['tools/call held_write'], approval: { from: ['group:leads'] } },
    { name: 'testers-do-everything', subjects: ['group:testers'], allow: ['*'] },
  ];
  gateway = await startGatewayProcess({
    accounts: [TESTER, LEAD],
    resources: [
      ...conformanceResources(fixture.url),
      { kind: 'Target', name: 'workbench', protocol: 'mcp', address: workbench.url },
      { kind: 'Policy', name: 'testers', targets: ['workbench'], rules },
    ],
  });
  lead = await signIn(gateway.url, LEAD.name, LEAD.password);
  env = { PATH: process.env['PATH'] ?? '', SALLYPORT_HOME: join(gateway.folder, 'home'), SALLYPORT_KEYRING: 'off' };
  await run('login', '--url', gateway.url, '--name', TESTER.name, '--password-stdin');
});

after(async () => {
  await gateway?.stop();
  await Promise.all([fixture, workbench].map((server) => server?.close()));
});

async function run(...words: readonly string[]): Promise<void> {
  const step = { line: 0, command: `'${BIN}' ${words.join(' ')}`, input: [TESTER.password], stdout: [], stderr: [], exit: 0 };
  const { exit, stderr } = await runStep(step, env, gateway.folder);
  assert.equal(exit, 0, stderr.join('\n'));
}

const started = (target: string) => ({ command: BIN, args: ['mcp', 'bridge', target], env, stderr: 'pipe' as const });

const KINDS: readonly { readonly name: string; readonly era: 'legacy' | 'modern'; connect(target: string): Promise<TestClient> }[] = [
  { name: 'SDK 1.x', era: 'legacy', connect: (target) => clientOfSdk1(new Stdio1(started(target))) },
  { name: 'SDK 2.x, legacy era', era: 'legacy', connect: (target) => clientOfSdk2(new Stdio2(started(target)), 'legacy') },
  { name: 'SDK 2.x, modern era', era: 'modern', connect: (target) => clientOfSdk2(new Stdio2(started(target)), { pin: '2026-07-28' }) },
];

for (const kind of KINDS)
  describe(`${kind.name} over the bridge`, () => {
    async function using<T>(target: string, use: (client: TestClient) => Promise<T>): Promise<T> {
      const client = await kind.connect(target);
      try {
        return await use(client);
      } finally {
        await client.close();
      }
    }

    test('lists tools and calls one, with its progress', async () => {
      const [tools, result, seen] = await using('workbench', async (client) => [
        await client.tools(),
        await client.call('wait', { ms: 150 }, { onprogress: () => {} }),
        client.progress,
      ]);
      assert.ok(tools.includes('echo'));
      assert.match(readable(result), /waited/);
      assert.deepEqual(seen, [0, 50, 100]);
    });

    test('calls run beside each other, and text of any kind comes back as it was', async () => {
      const value = 'größe \u2028\u2029 "quoted" \u{1f642}\nsecond line';
      await using('workbench', async (client) => {
        const slow = client.call('wait', { ms: 300 });
        const replies = await Promise.all(Array.from({ length: 5 }, (_, at) => client.call('echo', { value: `${at} ${value}` })));
        assert.deepEqual(
          replies.map(({ content }) => content[0]?.text),
          Array.from({ length: 5 }, (_, at) => `${at} ${value}`),
        );
        assert.match(readable(await slow), /waited/);
      });
    });

    test('a cancelled call is cancelled at the server', async () => {
      const earlier = workbench.cancelled();
      await using('workbench', async (client) => {
        const abort = new AbortController();
        await assert.rejects(client.call('wait', { ms: 20_000 }, { signal: abort.signal, onprogress: () => abort.abort() }));
        await until('the cancellation', () => (workbench.cancelled() > earlier ? true : undefined));
      });
    });

    test('an argument that the server wants in a header, too, is there, whether the tools were listed or not', async () => {
      for (const lists of [false, true]) {
        const result = await using('conformance', async (client) => {
          if (lists) await client.tools();
          return client.call('test_header_argument', { region: 'Zürich' });
        });
        assert.match(readable(result), /Zürich/);
      }
    });

    test('a server samples and elicits', async () => {
      const [sampled, elicited] = await using('conformance', async (client) => [
        await client.call('test_sampling', { prompt: 'say something' }),
        await client.call('test_elicitation', { message: 'who are you?' }),
      ]);
      assert.match(readable(sampled), new RegExp(COMPLETION));
      assert.match(readable(elicited), new RegExp(USERNAME));
    });

    test('a call that is held runs once a lead has approved it', async () => {
      const key = `held ${kind.name}`;
      const held = await using('workbench', async (client) => {
        const call = client.call('held_write', { key }, { onprogress: () => {}, resetTimeoutOnProgress: true });
        const approval = await until('the approval', async () => (await lead.approvals()).find((one) => one.shown.includes(key)));
        assert.ok(!workbench.written.includes(key));
        await lead.answer(approval.id, 'approve');
        return call;
      });
      assert.match(readable(held), /written: held/);
      assert.equal(workbench.written.filter((one) => one === key).length, 1);
    });

    if (kind.era === 'legacy')
      test('what a server says unasked arrives', async () => {
        await using('conformance', async (client) => {
          await until('the news', async () => {
            await client.call('test_trigger_tool_change');
            return client.changes() > 0 ? true : undefined;
          });
        });
      });

    test('goes on where the gateway has begun anew', async () => {
      await using('workbench', async (client) => {
        assert.match(readable(await client.call('echo', { value: 'before' })), /before/);
        await gateway.restart();
        assert.match(readable(await client.call('echo', { value: 'after' })), /after/);
      });
    });
  });

/** The bridge as a client starts it, line by line. */
function startBridge(target: string, home?: string) {
  const child = spawn(BIN, ['mcp', 'bridge', target], {
    env: { ...env, ...(home === undefined ? {} : { SALLYPORT_HOME: home }) },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  const notes: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
  createInterface({ input: child.stderr }).on('line', (line) => notes.push(line));
  const exited = once(child, 'exit').then(([code]) => Number(code));
  return { child, lines, notes, exited, say: (text: string) => child.stdin.write(`${text}\n`) };
}

test('standard output holds one message a line and nothing else, also where a line is no message', async () => {
  const { child, lines, exited, say } = startBridge('workbench');
  say('this is no message');
  say('{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}');
  await until('the session', () => lines.find((line) => line.includes('protocolVersion')));
  say('{"jsonrpc":"2.0","method":"notifications/initialized"}');
  say('{"jsonrpc":"2.0","id":9007199254740993,"method":"tools/call","params":{"name":"echo","arguments":{"value":"x"}}}');
  say('{"jsonrpc":"2.0","id":"two","method":"no/such/method"}');
  await until('the answers', () => (lines.length >= 4 ? true : undefined));
  child.stdin.end();
  assert.equal(await exited, 0);
  const messages = lines.map((line) => JSON.parse(line) as { id: unknown; error?: { code: number } });
  assert.equal(messages[0]?.error?.code, -32700);
  assert.ok(lines.some((line) => /"id":9007199254740993[,}]/.test(line)));
  assert.ok(messages.some(({ id, error }) => id === 'two' && error !== undefined));
});

test('who is not signed in is told so, with the way in, and the client gets no line', async () => {
  const { lines, notes, exited } = startBridge('workbench', join(gateway.folder, 'nobody'));
  assert.equal(await exited, 4);
  assert.deepEqual(lines, []);
  assert.match(notes.join('\n'), /not signed in\nhint: sallyport login/);
});

test('a target out of reach is told like one that does not exist', async () => {
  const [there, nowhere] = [startBridge('nothing'), startBridge('models')];
  assert.deepEqual([await there.exited, await nowhere.exited], [1, 1]);
  assert.deepEqual(there.notes, nowhere.notes);
});

test('once the sign-in has ended, requests are refused with the way in, and pass again after another', async () => {
  const { child, lines, exited, say } = startBridge('workbench');
  const meta = '"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}';
  const call = (id: number): boolean =>
    say(`{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":{"name":"echo","arguments":{"value":"v${id}"},${meta}}}`);
  const answer = (id: number) => until(`answer ${id}`, () => lines.find((line) => line.includes(`"id":${id}`)));
  call(1);
  assert.match(await answer(1), /v1/);
  await run('logout');
  // Every process has heard of it within a second.
  const refused = await until('a refusal', async () => {
    call(2);
    const text = await answer(2);
    lines.length = 0;
    return text.includes('"error"') ? text : undefined;
  });
  assert.match(refused, /not signed in \(sallyport login\)/);
  await run('login', '--url', gateway.url, '--name', TESTER.name, '--password-stdin');
  call(3);
  assert.match(await answer(3), /v3/);
  child.stdin.end();
  assert.equal(await exited, 0);
});

test('a signal ends it as the end of its input does', async () => {
  const { child, lines, exited, say } = startBridge('workbench');
  say('{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}');
  await until('the session', () => lines.find((line) => line.includes('protocolVersion')));
  child.kill('SIGTERM');
  assert.equal(await exited, 0);
  await rm(join(gateway.folder, 'nobody'), { recursive: true, force: true });
});
