/** Real MCP clients that find the gateway's OAuth server by themselves, and a person in a real Chromium who lets them in. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Client as Client2, StreamableHTTPClientTransport as Transport2 } from '@modelcontextprotocol/client';
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as Transport1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Browser } from 'playwright-core';
import { buildConsole, enter, launchBrowser, openPerson, type Person } from '../support/browser.ts';
import { startGatewayProcess, type GatewayProcess } from '../support/gateway.ts';
import { startOAuthClient, type OAuthClient } from '../support/oauth-client.ts';
import { until } from '../support/until.ts';
import { startWorkbench, type Workbench } from '../support/workbench.ts';

const SCIENTIST = { name: 'scientist', kind: 'person', groups: ['data-science'], password: 'a-scientist-of-this-test-only' } as const;
const POLICY = {
  kind: 'Policy',
  name: 'workbench',
  targets: ['workbench'],
  rules: [{ name: 'all', subjects: ['group:data-science'], allow: ['*'] }],
};

let workbench: Workbench;
let gateway: GatewayProcess;
let browser: Browser;
const clients: OAuthClient[] = [];

before(async () => {
  await buildConsole();
  workbench = await startWorkbench();
  const target = { kind: 'Target', name: 'workbench', protocol: 'mcp', address: workbench.url };
  gateway = await startGatewayProcess({ resources: [target, POLICY], accounts: [SCIENTIST] });
  browser = await launchBrowser();
});

after(async () => {
  await Promise.all(clients.map((client) => client.close()));
  await browser?.close();
  await gateway?.stop();
  await workbench?.close();
});

/** A real client of one SDK: it tries, is sent to the browser, and tries again with what came back. */
interface Kind {
  readonly name: string;
  connect(client: OAuthClient, url: string): Promise<Connection>;
}

interface Connection {
  tools(): Promise<readonly string[]>;
  call(name: string, args: Record<string, unknown>): Promise<string>;
  close(): Promise<void>;
}

const INFO = { name: 'sallyport-test', version: '1.0.0' };

const KINDS: readonly Kind[] = [
  {
    name: 'SDK 1.x',
    async connect({ provider, callback }, url) {
      const first = new Transport1(new URL(url), { authProvider: provider });
      await new Client1(INFO).connect(first).catch(() => {});
      await first.finishAuth((await callback()).get('code') ?? '');
      const client = new Client1(INFO);
      await client.connect(new Transport1(new URL(url), { authProvider: provider }));
      return {
        tools: async () => (await client.listTools()).tools.map(({ name }) => name),
        call: async (name, args) => JSON.stringify(await client.callTool({ name, arguments: args })),
        close: () => client.close(),
      };
    },
  },
  ...(['legacy', '2026-07-28'] as const).map((era): Kind => ({
    name: `SDK 2.x, ${era}`,
    async connect({ provider, callback }, url) {
      const mode = era === 'legacy' ? 'legacy' : { pin: era };
      const make = () => new Client2(INFO, { versionNegotiation: { mode } });
      const first = new Transport2(new URL(url), { authProvider: provider });
      await make()
        .connect(first)
        .catch(() => {});
      await first.finishAuth(await callback());
      const client = make();
      await client.connect(new Transport2(new URL(url), { authProvider: provider }));
      return {
        tools: async () => (await client.listTools()).tools.map(({ name }) => name),
        call: async (name, args) => JSON.stringify(await client.callTool({ name, arguments: args })),
        close: () => client.close(),
      };
    },
  })),
];

/** Opens what a client opened, signs in where the console asks for it, and answers. */
async function answer({ page }: Person, url: URL, button: 'Allow' | 'Deny', signedIn: 'already' | 'not yet'): Promise<string> {
  await page.goto(url.href);
  if (signedIn === 'not yet') {
    await page.getByRole('link', { name: 'Continue' }).click();
    await enter(page, SCIENTIST.name, SCIENTIST.password);
  }
  await page.getByRole('heading', { name: 'Let this client in?' }).waitFor();
  const asked = await page.getByRole('main').innerText();
  await page.getByRole('button', { name: button }).click();
  await page.waitForURL(/127\.0\.0\.1:\d+\/callback/);
  return asked;
}

for (const kind of KINDS) {
  describe(`a client of ${kind.name}`, () => {
    test('is let in by a person in the browser, and calls the tools of its target', async () => {
      const client = await makeClient();
      const person = await openPerson(browser);
      const connecting = kind.connect(client, gateway.endpoint('workbench'));
      const asked = await answer(person, await opened(client), 'Allow', 'not yet');
      assert.match(asked, /A client of the tests/);
      assert.match(asked, /not verified/);
      assert.match(asked, /workbench/);
      assert.ok(asked.includes(client.provider.redirectUrl));
      const connection = await connecting;
      assert.ok((await connection.tools()).includes('echo'));
      assert.match(await connection.call('echo', { value: 'hello' }), /hello/);
      assert.deepEqual(person.complaints, []);
      await connection.close();
    });
  });
}

async function makeClient(options: Parameters<typeof startOAuthClient>[0] = {}): Promise<OAuthClient> {
  const client = await startOAuthClient(options);
  clients.push(client);
  return client;
}

const opened = (client: OAuthClient): Promise<URL> => until('the client to open the browser', async () => client.opened.shift());
