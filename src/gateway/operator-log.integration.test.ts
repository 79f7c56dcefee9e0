import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { startGatewayProcess, type GatewayProcess } from '../../test/support/gateway.ts';
import { freePort } from '../../test/support/listen.ts';
import { callRaw } from '../../test/support/raw.ts';
import { until } from '../../test/support/until.ts';

const PASSWORD = 'hunter2-of-the-server';
const TOKEN = 'ghp_0123456789abcdefghijABCDEFGHIJ012345';
let gateway: GatewayProcess;
let metrics: number;

before(async () => {
  metrics = await freePort();
  gateway = await startGatewayProcess({
    resources: [
      {
        kind: 'Target',
        name: 'local',
        protocol: 'mcp',
        command: [process.execPath, join(import.meta.dirname, '../../test/support/relay/stdio-server.ts')],
        credential: { env: { SERVER_PASSWORD: { env: 'LOG_TEST_PASSWORD' } } },
      },
      { kind: 'Target', name: 'down', protocol: 'mcp', address: 'http://127.0.0.1:1/mcp' },
      { kind: 'Policy', name: 'p', targets: ['*'], rules: [{ name: 'all', allow: ['*'] }] },
    ],
    env: { LOG_TEST_PASSWORD: PASSWORD },
    listen: { metrics: `127.0.0.1:${metrics}` },
  });
});
after(() => gateway.stop());

interface Line {
  readonly time: string;
  readonly level: string;
  readonly part: string;
  readonly message: string;
}

/** What is no JSON is what the command line says to whoever started it. */
const lines = (): readonly Line[] =>
  gateway
    .output()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Line);

test('a stdio server that dies leaves its last words: bounded, without its credential, secrets masked; the next call starts another', async () => {
  const token = await gateway.token({ sub: 'tester', groups: [] }, 'local');
  const call = (name: string) => callRaw(gateway.endpoint('local'), token, name);
  await call('complain');
  const line = await until('the line', () => lines().find(({ message }) => message.includes('cannot open')));
  assert.deepEqual([line.level, line.part], ['warn', 'target local']);
  assert.match(line.message, /ended \(status 4\); its last lines on stderr:/);
  assert.match(line.message, /cannot open with \[redacted:credential\] and /);
  assert.ok(line.message.length < 8_000, String(line.message.length));
  assert.doesNotMatch(gateway.output(), new RegExp(`${PASSWORD}|${TOKEN}`));
  const again = await call('echo');
  assert.equal(again.status, 200);
  const text = await (await fetch(`http://127.0.0.1:${metrics}/metrics`)).text();
  // One that died, and one after it; the gateway's own questions may have another.
  assert.ok(2 <= Number(/^sallyport_stdio_starts_total\{target="local"\} (\d+)$/m.exec(text)?.[1]), text);
  assert.match(text, /^sallyport_stdio_deaths_total\{target="local"\} 1$/m);
});

test('a server that is told to end is no death', async () => {
  const deaths = lines().filter(({ message }) => message.includes('stderr')).length;
  await gateway.restart();
  assert.equal(lines().filter(({ message }) => message.includes('stderr')).length, deaths);
});

test('each line is JSON where nobody looks at a terminal: time, level, part and message', () => {
  const line = lines().find(({ part }) => part === 'gateway');
  assert.ok(line);
  assert.match(line.time, /^\d{4}-\d\d-\d\dT/);
  assert.deepEqual([line.level, line.message], ['info', `listening at ${gateway.url}`]);
});
