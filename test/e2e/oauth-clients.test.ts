/** Real MCP clients that find the gateway's OAuth server by themselves, and a person in a real Chromium who lets them in. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { buildConsole, launchBrowser, openPerson } from '../support/browser.ts';
import { SCIENTIST, startOAuthBench, type OAuthBench } from '../support/oauth-bench.ts';
import { startOAuthClient, type OAuthClient } from '../support/oauth-client.ts';
import { letIn, OAUTH_KINDS } from '../support/oauth-kinds.ts';

let bench: OAuthBench;
let browser: Browser;
const clients: OAuthClient[] = [];

before(async () => {
  await buildConsole();
  bench = await startOAuthBench();
  browser = await launchBrowser();
});

after(async () => {
  await Promise.all(clients.map((client) => client.close()));
  await browser?.close();
  await bench?.close();
});

for (const kind of OAUTH_KINDS) {
  describe(`a client of ${kind.name}`, () => {
    test('is let in by a person in the browser, and calls the tools of its target', async () => {
      const client = await startOAuthClient();
      clients.push(client);
      const person = await openPerson(browser);
      const connecting = kind.connect(client, bench.endpoint);
      const asked = await letIn(person.page, client, SCIENTIST);
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
