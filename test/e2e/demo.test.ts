import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { signIn } from '../support/api.ts';
import { CLIENT_KINDS, readable } from '../support/clients.ts';
import { freePort } from '../support/listen.ts';
import { callRaw } from '../support/raw.ts';
import { until } from '../support/until.ts';

const ROOT = join(import.meta.dirname, '../..');
/** A minute: a slow machine under load takes its time to start. */
const START_TRIES = 1200;

interface Demo {
  readonly output: () => string;
  readonly account: (name: string) => string;
  /** Ctrl-C; resolves with the exit code. */
  interrupt(): Promise<number | null>;
}

/** What `npm start` runs, after it installed what was missing. */
async function startDemo(data: string, port: number): Promise<Demo> {
  const env = { ...process.env, SALLYPORT_DATA: data, SALLYPORT_PORT: String(port) };
  const child: ChildProcess = spawn(process.execPath, [join(ROOT, 'src/cli/main.ts'), 'start', '--demo'], {
    cwd: ROOT,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const exited = once(child, 'exit');
  const ready = (): true | undefined => {
    if (child.exitCode !== null) throw new Error(`the demo ended with ${child.exitCode}:\n${output}`);
    return /^sallyport is ready$/m.test(output) ? true : undefined;
  };
  await until('the demo to be ready', ready, START_TRIES);
  return {
    output: () => output,
    account: (name) => new RegExp(`^ +${name} +(\\S+)`, 'm').exec(output)?.[1] ?? '',
    async interrupt() {
      child.kill('SIGINT');
      await exited;
      return child.exitCode;
    },
  };
}

test('a newcomer starts the demo, pastes what it prints, and sees it allowed, masked, denied, held, approved, replayed and verified', async (t) => {
  const data = await mkdtemp(join(tmpdir(), 'sallyport-demo-'));
  t.after(() => rm(data, { recursive: true, force: true }));
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const endpoint = `${url}/mcp/models`;
  let demo = await startDemo(data, port);
  t.after(() => demo.interrupt());
  const passwords = ['scientist', 'lead', 'ci'].map((name) => demo.account(name));

  await t.test('it prints the console, the endpoint, three accounts, and what to paste', () => {
    for (const line of [url, endpoint, './bin/sallyport token --target models']) assert.ok(demo.output().includes(line), line);
    assert.ok(passwords.every((password) => password.length >= 12));
  });

  await t.test('what to paste is the address alone, from which a client finds where its person signs in; the form with a token comes after it', async () => {
    const files = demo.output().match(/^  \{$[^]*?^  \}$/gm) ?? [];
    const [first, second] = files.map((text) => (JSON.parse(text) as { mcpServers: { models: { url: string; headers?: unknown } } }).mcpServers.models);
    assert.deepEqual(first, { type: 'http', url: endpoint });
    assert.deepEqual(second, { type: 'http', url: endpoint, headers: { Authorization: 'Bearer ${SALLYPORT_TOKEN}' } });
    const challenge = (await fetch(endpoint, { method: 'POST' })).headers.get('www-authenticate') ?? '';
    const metadata = (await (await fetch(/resource_metadata="([^"]+)"/.exec(challenge)?.[1] ?? '')).json()) as { authorization_servers: readonly string[] };
    const server = await fetch(`${metadata.authorization_servers[0]}/.well-known/oauth-authorization-server`);
    assert.equal(((await server.json()) as { authorization_endpoint: string }).authorization_endpoint, `${url}/oauth/authorize`);
  });

  await t.test('the accounts are kept in a file that only its owner reads', async () => {
    assert.equal((await stat(join(data, 'demo-accounts.json'))).mode & 0o077, 0);
  });

  const scientist = await signIn(url, 'scientist', demo.account('scientist'));
  const lead = await signIn(url, 'lead', demo.account('lead'));
  for (const kind of CLIENT_KINDS) {
    await t.test(`the scientist, with ${kind.name}: allowed, masked, denied, held and approved`, async () => {
      const replicas = 20 + CLIENT_KINDS.indexOf(kind);
      const client = await kind.connect(endpoint, await scientist.token('models'));
      try {
        assert.match(readable(await client.call('list_models')), /fraud/);
        const keys = readable(await client.call('list_api_keys'));
        assert.match(keys, /churn-serving/);
        assert.doesNotMatch(keys, /lgn_live_[0-9a-f]{48}|@lagoon\.example/);
        assert.match(readable(await client.call('read_training_data', { model: 'churn' })), /ask the data office/);
        const held = client.call('update_deployment', { model: 'churn', replicas }, { onprogress: () => {}, resetTimeoutOnProgress: true });
        const approval = await until('the approval', async () => (await lead.approvals()).find((one) => one.shown.includes(`"replicas":${replicas}`)));
        assert.equal((await scientist.approvals()).find((one) => one.id === approval.id)?.mayAnswer, false);
        await lead.answer(approval.id, 'approve');
        assert.match(readable(await held), new RegExp(`"replicas":${replicas}`));
      } finally {
        await client.close();
      }
    });
  }

  await t.test('the CI job gets a token with its name and password, and reads metadata only', async () => {
    const basic = Buffer.from(`ci:${demo.account('ci')}`).toString('base64');
    const headers = { authorization: `Basic ${basic}`, 'content-type': 'application/json' };
    const answer = await fetch(`${url}/api/token`, { method: 'POST', headers, body: JSON.stringify({ target: 'models' }) });
    assert.equal(answer.status, 200);
    const { token } = (await answer.json()) as { token: string };
    assert.match((await callRaw(endpoint, token, 'get_model_metadata', { model: 'churn' })).text, /xgboost/);
    assert.equal((await callRaw(endpoint, token, 'list_models')).message.result?.isError, true);
  });

  await t.test('a lead replays what the scientist did, and the log verifies', async () => {
    const sessions = await until('the sessions', async () => {
      const found = (await lead.sessions()).filter((session) => session.target === 'models');
      return found.length > 0 ? found : undefined;
    });
    const replay = JSON.stringify(await Promise.all(sessions.map(({ id }) => lead.session(id))));
    assert.match(replay, /update_deployment/);
    assert.doesNotMatch(replay, /lgn_live_[0-9a-f]{48}/);
    assert.equal((await lead.raw('audit/verify', { method: 'POST', body: '{}' })).status, 200);
  });

  await t.test('Ctrl-C stops it cleanly, and the next start keeps accounts and sessions', async () => {
    assert.equal(await demo.interrupt(), 0);
    demo = await startDemo(data, port);
    assert.deepEqual(
      ['scientist', 'lead', 'ci'].map((name) => demo.account(name)),
      passwords,
    );
    const again = await signIn(url, 'lead', demo.account('lead'));
    assert.ok((await again.sessions()).length > 0);
  });
});
