/**
 * The demo that `npm start` runs: the models server, the resources that guard it, three accounts, and a gateway.
 * Called by the command line; everything is kept under one data folder, and the next start goes on with it.
 */
import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { lockFolder } from '../../src/audit/lock.ts';
import { readConfig } from '../../src/gateway/config.ts';
import { startGateway, type GatewayOptions } from '../../src/gateway/main.ts';
import { demoAccounts, type DemoAccount } from './accounts.ts';
import { demoFiles, lastPort, writeDemo } from './resources.ts';
import { startModelsServer, type ModelsServer } from './server.ts';

export interface DemoOptions {
  readonly data: string;
  readonly port: number;
  readonly print: (line: string) => void;
  readonly log?: GatewayOptions['log'];
}

export async function startDemo({ data: folder, port, print, log }: DemoOptions): Promise<{ close(): Promise<void> }> {
  const data = resolve(folder);
  const journal = join(data, 'journal');
  await mkdir(journal, { recursive: true, mode: 0o700 });
  // Before anything is written: the files of a demo that runs are its own.
  lockFolder(journal).release();
  const token = randomBytes(32).toString('base64url');
  const models = await startOnLastPort(data, token);
  try {
    await writeDemo({ data, port, address: models.url, token });
    const { config } = demoFiles(data);
    const accounts = await demoAccounts((await readConfig(config)).database, join(data, 'demo-accounts.json'));
    const gateway = await startGateway({ config, ...(log ? { log } : {}) });
    for (const line of greeting(gateway.url, config, accounts)) print(line);
    return {
      async close() {
        await gateway.close();
        await models.close();
      },
    };
  } catch (error) {
    await models.close();
    throw error;
  }
}

async function startOnLastPort(data: string, token: string): Promise<ModelsServer> {
  const port = await lastPort(data);
  if (port === 0) return startModelsServer({ token });
  return startModelsServer({ token, port }).catch(() => startModelsServer({ token }));
}

function greeting(url: string, config: string, accounts: readonly DemoAccount[]): string[] {
  const endpoint = `${url}/mcp/models`;
  return [
    '',
    `console        ${url}`,
    `MCP endpoint   ${endpoint}`,
    `configuration  ${config}`,
    '',
    'accounts',
    ...accounts.map(({ name, password, about }) => `  ${name.padEnd(10)} ${password.padEnd(26)} ${about}`),
    '',
    'what to paste into an MCP client (.mcp.json, .cursor/mcp.json); it opens the browser: sign in there as scientist',
    ...clientFile({ url: endpoint }),
    '',
    'a client that does not sign in by itself needs a token, good for ten minutes, and this file instead',
    `  ./bin/sallyport login --url ${url} --name scientist`,
    '  export SALLYPORT_TOKEN=$(./bin/sallyport token --target models)',
    ...clientFile({ url: endpoint, headers: { Authorization: 'Bearer ${SALLYPORT_TOKEN}' } }),
    '',
    'a walk through it all: ./bin/sallyport demo',
    '',
    'sallyport is ready',
  ];
}

/** As Claude Code and Cursor read it. */
function clientFile(server: { readonly url: string; readonly headers?: Readonly<Record<string, string>> }): readonly string[] {
  const lines = JSON.stringify({ mcpServers: { models: { type: 'http', ...server } } }, null, 2).split('\n');
  return lines.map((line) => `  ${line}`);
}
