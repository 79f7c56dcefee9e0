/** `sallyport login` with a person in a real Chromium, by redirect and by code, and what must not sign anybody in. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { buildConsole, enter, launchBrowser, openPerson } from '../support/browser.ts';
import { startGatewayProcess, type GatewayProcess } from '../support/gateway.ts';
import { until } from '../support/until.ts';
import { startWorkbench, type Workbench } from '../support/workbench.ts';

const BIN = join(import.meta.dirname, '../../bin/sallyport');
const ANN = { name: 'ann', kind: 'person', groups: ['staff'], password: 'a-password-of-this-test-only' } as const;
const SECRET = 'a-secret-of-this-test-that-is-long-enough';

let workbench: Workbench;
let gateway: GatewayProcess;
let browser: Browser;
let folder: string;

before(async () => {
  await buildConsole();
  [workbench, folder] = await Promise.all([startWorkbench(), mkdtemp(join(tmpdir(), 'sallyport-login-'))]);
  gateway = await startGatewayProcess({
    accounts: [ANN],
    env: { JOB_SECRET: SECRET },
    config: { identity: { clients: [{ id: 'job', kind: 'workload', groups: ['staff'], secret: { env: 'JOB_SECRET' } }] } },
    resources: [
      { kind: 'Target', name: 'bench', protocol: 'mcp', address: workbench.url },
      { kind: 'Policy', name: 'bench', targets: ['bench'], rules: [{ name: 'staff', subjects: ['group:staff'], allow: ['*'] }] },
    ],
  });
  browser = await launchBrowser();
});

after(async () => {
  await browser?.close();
  await gateway?.stop();
  await workbench?.close();
  await rm(folder, { recursive: true });
});

interface Running {
  readonly home: string;
  readonly said: () => string;
  readonly complained: () => string;
  readonly exited: Promise<number>;
}

let homes = 0;

/** The command line with a browser that only writes down where it was sent. */
async function sallyport(words: readonly string[], home = join(folder, `home-${(homes += 1)}`)): Promise<Running & { readonly opened: () => Promise<string> }> {
  const [program, opened] = [join(folder, 'browser'), `${home}.opened`];
  await writeFile(program, `#!/bin/sh\nprintf %s "$1" > "$OPENED.draft" && mv "$OPENED.draft" "$OPENED"\n`, { mode: 0o755 });
  const env = { PATH: process.env['PATH'], SALLYPORT_HOME: home, SALLYPORT_KEYRING: 'off', BROWSER: program, OPENED: opened };
  const child = spawn(BIN, words, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let [said, complained] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (complained += chunk.toString()));
  return {
    home,
    said: () => said,
    complained: () => complained,
    exited: once(child, 'exit').then(([code]) => Number(code)),
    opened: () => until('the browser to be opened', () => readFile(opened, 'utf8').catch(() => undefined)),
  };
}

async function run(words: readonly string[], home: string): Promise<{ readonly code: number; readonly said: string; readonly complained: string }> {
  const running = await sallyport(words, home);
  const code = await running.exited;
  return { code, said: running.said(), complained: running.complained() };
}

async function answer(page: Page, url: string, button: 'Allow' | 'Deny'): Promise<string> {
  await page.goto(url);
  const heading = page.getByRole('heading', { name: 'Let this client in?' });
  if (!(await heading.isVisible())) {
    await page.getByRole('link', { name: 'Continue' }).click();
    await enter(page, ANN.name, ANN.password);
  }
  await heading.waitFor();
  const asked = await page.getByRole('main').innerText();
  await page.getByRole('button', { name: button }).click();
  await page.waitForURL(/127\.0\.0\.1:\d+\/callback/);
  return asked;
}

test('a person signs the command line in by the browser; it does what the person may, until it signs out, and its tokens end with it', async () => {
  const login = await sallyport(['login', '--gateway', gateway.url]);
  const { page } = await openPerson(browser);
  const asked = await answer(page, await login.opened(), 'Allow');
  assert.match(asked, /sign in as you/);
  assert.match(asked, /approvals among it/);
  assert.match(asked, /Go on only if you just started it/);
  assert.match(await page.content(), /You can close this page/);
  assert.equal(await login.exited, 0, login.complained());
  assert.match(login.said(), /signed in to .* as ann\nthe sign-in is kept in .*sign-in\.json, for lack of a keyring\n/);
  assert.equal((await stat(join(login.home, 'sign-in.json'))).mode & 0o777, 0o600);

  const who = await run(['whoami'], login.home);
  assert.match(who.said, /name +ann\n[^]*target +bench/);
  const token = (await run(['token'], login.home)).said.trim();
  const call = () =>
    fetch(gateway.endpoint('bench'), { method: 'POST', headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' }, body: '{}' });
  assert.notEqual((await call()).status, 401);
  assert.equal((await run(['logout'], login.home)).code, 0);
  await until('the end of its token', async () => ((await call()).status === 401 ? true : undefined));
  assert.equal((await run(['whoami'], login.home)).code, 4);
});

test('no in the browser is no on the command line', async () => {
  const login = await sallyport(['login', '--gateway', gateway.url]);
  const { page } = await openPerson(browser);
  await answer(page, await login.opened(), 'Deny');
  assert.equal(await login.exited, 1);
  assert.match(login.complained(), /the answer in the browser was no/);
  assert.equal((await run(['whoami'], login.home)).code, 4);
});

test('without a desktop it is a code, which a person types into a browser anywhere', async () => {
  const login = await sallyport(['login', '--gateway', gateway.url, '--device']);
  const [, where = '', code = ''] = await until(
    'the code',
    () => /open (\S+) in a browser of any machine, and type (\S+)/.exec(login.complained()) ?? undefined,
  );
  const { page } = await openPerson(browser);
  await page.goto(where);
  await enter(page, ANN.name, ANN.password);
  await page.getByLabel('The code that the device shows').fill(code);
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByRole('heading', { name: 'Let this device in?' }).waitFor();
  assert.match(await page.getByRole('main').innerText(), /sign in as you/);
  await page.getByRole('button', { name: 'Allow' }).click();
  assert.equal(await login.exited, 0, login.complained());
  assert.match((await run(['whoami'], login.home)).said, /name +ann/);
});

test('what comes to the port without belonging to the attempt is not listened to', async () => {
  const login = await sallyport(['login', '--gateway', gateway.url]);
  const opened = new URL(await login.opened());
  const callback = opened.searchParams.get('redirect_uri') ?? '';
  const state = opened.searchParams.get('state') ?? '';
  assert.match(callback, /^http:\/\/127\.0\.0\.1:\d+\/callback$/);
  assert.equal(opened.searchParams.get('code_challenge_method'), 'S256');
  for (const query of [
    '',
    '?code=x',
    '?code=x&state=y',
    `?code=x&state=${state}`,
    `?code=x&state=${state}&iss=https://mallory.example`,
    `?error=access_denied&state=y`,
  ])
    assert.equal((await fetch(`${callback}${query}`)).status, 404, query);
  // It still waits for its own answer; a code that is none of the gateway's ends the attempt.
  assert.equal((await fetch(`${callback}?code=made-up&state=${state}&iss=${encodeURIComponent(gateway.url)}`)).status, 200);
  assert.equal(await login.exited, 1);
  assert.match(login.complained(), /nobody is signed in/);
});

const post = async (path: string, form: Readonly<Record<string, string>>, headers: Readonly<Record<string, string>> = {}) => {
  const response = await fetch(`${gateway.url}${path}`, { method: 'POST', body: new URLSearchParams(form), headers });
  return { status: response.status, json: (await response.json()) as Record<string, unknown> };
};
const exchange = (token: string) =>
  fetch(`${gateway.url}/api/sign-in/exchange`, {
    method: 'POST',
    body: '{}',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
  });

test('no other token signs in: not of a target, not of a machine, not of another client', async () => {
  const home = join(folder, 'account');
  const signedIn = spawn(BIN, ['login', '--gateway', gateway.url, '--name', 'ann', '--password-stdin'], {
    env: { PATH: process.env['PATH'], SALLYPORT_HOME: home, SALLYPORT_KEYRING: 'off' },
  });
  signedIn.stdin.end(ANN.password);
  assert.equal((await once(signedIn, 'exit'))[0], 0);
  const ofTarget = (await run(['token', '--target', 'bench'], home)).said.trim();
  assert.equal((await exchange(ofTarget)).status, 401);
  assert.equal((await exchange('x')).status, 401);

  const resource = `${gateway.url}/mcp/@api`;
  const basic = { authorization: `Basic ${Buffer.from(`job:${SECRET}`).toString('base64')}` };
  assert.equal((await post('/oauth/token', { grant_type: 'client_credentials', resource: `${gateway.url}/mcp/bench` }, basic)).status, 200);
  assert.equal((await post('/oauth/token', { grant_type: 'client_credentials', resource }, basic)).json['error'], 'invalid_target');

  const body = JSON.stringify({ redirect_uris: ['http://127.0.0.1/callback'], token_endpoint_auth_method: 'none', client_name: 'the command line, sallyport' });
  const registered = (await (
    await fetch(`${gateway.url}/oauth/register`, { method: 'POST', body, headers: { 'content-type': 'application/json' } })
  ).json()) as {
    client_id: string;
  };
  const authorize = (clientId: string) => {
    const query = {
      response_type: 'code',
      client_id: clientId,
      redirect_uri: 'http://127.0.0.1:4711/callback',
      resource,
      state: 's',
      code_challenge: 'x'.repeat(43),
      code_challenge_method: 'S256',
    };
    return fetch(`${gateway.url}/oauth/authorize?${String(new URLSearchParams(query))}`, { redirect: 'manual' });
  };
  const ours = await authorize('sallyport-cli');
  assert.match(ours.headers.get('location') ?? '', /\/oauth\/interaction\//);
  const theirs = await authorize(registered.client_id);
  assert.match(theirs.headers.get('location') ?? '', /error=invalid_target/);
  assert.equal(
    (await post('/oauth/device-authorization', { client_id: 'sallyport-cli', resource: `${gateway.url}/mcp/bench` })).json['error'],
    'invalid_target',
  );
});

test('what the command line was let have signs in once', async () => {
  const started = await post('/oauth/device-authorization', { client_id: 'sallyport-cli', resource: `${gateway.url}/mcp/@api` });
  const { page } = await openPerson(browser);
  await page.goto(String(started.json['verification_uri']));
  await enter(page, ANN.name, ANN.password);
  await page.getByLabel('The code that the device shows').fill(String(started.json['user_code']));
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByRole('button', { name: 'Allow' }).click();
  await page.getByText('The device is connected').waitFor();
  const form = {
    grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
    client_id: 'sallyport-cli',
    device_code: String(started.json['device_code']),
    resource: `${gateway.url}/mcp/@api`,
  };
  const token = String((await post('/oauth/token', form)).json['access_token']);
  assert.equal((await fetch(gateway.endpoint('bench'), { method: 'POST', headers: { authorization: `Bearer ${token}` }, body: '{}' })).status, 401);
  assert.equal((await fetch(`${gateway.url}/api/me`, { headers: { authorization: `Bearer ${token}` } })).status, 401);
  const first = await exchange(token);
  assert.equal(first.status, 200);
  const { token: secret } = (await first.json()) as { token: string };
  assert.equal((await fetch(`${gateway.url}/api/me`, { headers: { authorization: `Bearer ${secret}` } })).status, 200);
  assert.equal((await exchange(token)).status, 401);
});

test('a gateway that calls itself otherwise is not signed in to', async () => {
  const login = await sallyport(['login', '--gateway', gateway.url.replace('127.0.0.1', 'localhost')]);
  assert.equal(await login.exited, 2);
  assert.match(login.complained(), /calls itself http:\/\/127\.0\.0\.1:\d+, and not http:\/\/localhost/);
});
