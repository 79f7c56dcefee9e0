/** The official tools against the gateway's OAuth server: the conformance suite for authorization servers, and the Inspector's own login. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { freePort } from '../support/listen.ts';
import { SCIENTIST, startOAuthBench, type OAuthBench } from '../support/oauth-bench.ts';
import { letIn } from '../support/oauth-person.ts';
import { until } from '../support/until.ts';

const MODULES = join(import.meta.dirname, '../../node_modules');
const CONFORMANCE = join(MODULES, 'conformance-next/dist/index.js');
const INSPECTOR = join(MODULES, '@modelcontextprotocol/inspector/clients/launcher/build/index.js');

let bench: OAuthBench;
let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-oauth-tools-'));
  bench = await startOAuthBench();
});

after(async () => {
  await bench?.close();
  await rm(folder, { recursive: true, force: true });
});

/** Runs a tool that prints an address for the person to open, opens it, and gives what the tool said in all. */
async function runTool(
  args: readonly string[],
  address: RegExp,
  env: Readonly<Record<string, string>> = {},
): Promise<{ readonly code: number; readonly said: string }> {
  const child = spawn(process.execPath, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const ended = once(child, 'exit');
  try {
    const opened = await until(`the tool to print the address: ${said}`, () => address.exec(said)?.[0] ?? (child.exitCode === null ? undefined : said), 1200);
    await letIn(bench.gateway.url, opened, SCIENTIST.name, SCIENTIST.password);
    const [code] = (await ended) as [number | null];
    return { code: code ?? 1, said };
  } finally {
    child.kill();
  }
}

const ADDRESS = /http:\/\/127\.0\.0\.1:\d+\/oauth\/authorize\?[^\s"']+/;

test('the official conformance suite for authorization servers passes, with a person who lets it in', async () => {
  const port = await freePort();
  const registered = await fetch(`${bench.gateway.url}/oauth/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ redirect_uris: [`http://127.0.0.1:${port}/callback`], token_endpoint_auth_method: 'none', client_name: 'conformance' }),
  });
  const { client_id: clientId } = (await registered.json()) as { client_id: string };
  const args = ['authorization', '--url', bench.gateway.url, '--client-id', clientId, '--resource', bench.endpoint, '-p', String(port), '-o', folder];
  const { code, said } = await runTool([CONFORMANCE, ...args], ADDRESS);
  assert.equal(code, 0, said);

  const runs = await readdir(folder);
  const checks = (
    await Promise.all(runs.map(async (run) => JSON.parse(await readFile(join(folder, run, 'checks.json'), 'utf8')) as { id: string; status: string }[]))
  ).flat();
  assert.deepEqual([...new Set(checks.map(({ id }) => id))].toSorted(), [
    'authorization-code-grant',
    'authorization-server-metadata',
    'authorization-server-metadata-cimd',
  ]);
  assert.deepEqual(
    checks.filter(({ status }) => status !== 'SUCCESS'),
    [],
  );
});

test('the Inspector signs in by itself and calls a tool', async () => {
  const callback = `http://127.0.0.1:${await freePort()}/oauth/callback`;
  const args = ['--cli', bench.endpoint, '--transport', 'http', '--callback-url', callback, '--method', 'tools/call', '--tool-name', 'echo'];
  const env = {
    HOME: folder,
    MCP_CATALOG_PATH: join(folder, 'catalog.json'),
    MCP_CLIENT_CONFIG_PATH: join(folder, 'client.json'),
    MCP_AUTO_OPEN_ENABLED: 'true',
    DISPLAY: '',
  };
  const { code, said } = await runTool([INSPECTOR, ...args, '--tool-arg', 'value=hello from the Inspector', '--format', 'json'], ADDRESS, env);
  assert.equal(code, 0, said);
  assert.match(said, /hello from the Inspector/);
});
