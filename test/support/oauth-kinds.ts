/** Real MCP clients that find the gateway's OAuth server by themselves, and their person in the browser. */
import { Client as Client2, StreamableHTTPClientTransport as Transport2 } from '@modelcontextprotocol/client';
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as Transport1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Page } from 'playwright-core';
import { enter } from './browser.ts';
import type { OAuthClient } from './oauth-client.ts';
import { until } from './until.ts';

/** A real client of one SDK: it tries, is sent to the browser, and tries again with what came back. */
interface OAuthKind {
  readonly name: string;
  connect(client: OAuthClient, url: string): Promise<Connection>;
}

interface Connection {
  tools(): Promise<readonly string[]>;
  call(name: string, args: Record<string, unknown>): Promise<string>;
  close(): Promise<void>;
}

const INFO = { name: 'sallyport-test', version: '1.0.0' };

export const OAUTH_KINDS: readonly OAuthKind[] = [
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
  ...(['legacy', '2026-07-28'] as const).map((era): OAuthKind => ({
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

/** Opens what a client opened, signs in where the console asks for it, and answers. The words that the person was shown. */
export async function letIn(page: Page, client: OAuthClient, account: { readonly name: string; readonly password: string }): Promise<string> {
  const url = await until('the client to open the browser', async () => client.opened.shift());
  await page.goto(url.href);
  await page.getByRole('link', { name: 'Continue' }).click();
  await enter(page, account.name, account.password);
  await page.getByRole('heading', { name: 'Let this client in?' }).waitFor();
  const asked = await page.getByRole('main').innerText();
  await page.getByRole('button', { name: 'Allow' }).click();
  await page.waitForURL(/127\.0\.0\.1:\d+\/callback/);
  return asked;
}
