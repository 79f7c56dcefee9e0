import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { z } from 'zod';
import { SallyportError } from '../../core/error.ts';
import { readConfig } from '../../gateway/config.ts';
import { connect, type GatewayClient } from '../gateway-client.ts';
import { signedIn, token } from '../views.ts';

const TARGET = 'models';

/** Name -> password: what `npm start` keeps for its accounts. */
const passwords = z.record(z.string(), z.string());

/** The demo's accounts, and the gateway they are at. */
export interface Cast {
  readonly url: string;
  /** The HTTP API, signed in with a name and a password. */
  signIn(name: string): Promise<GatewayClient>;
  /** An MCP client of the public SDK, with a token for this one target. */
  connect(name: string): Promise<McpActor>;
}

export interface McpActor {
  tools(): Promise<readonly string[]>;
  /** The result's text, or why it was refused. A held call waits for people. */
  call(tool: string, args: Readonly<Record<string, unknown>>): Promise<{ readonly ok: boolean; readonly text: string }>;
  close(): Promise<void>;
}

export async function openCast(data: string): Promise<Cast> {
  const accounts = await readAccounts(join(data, 'demo-accounts.json'));
  const { url } = await readConfig(join(data, 'demo/sallyport.yaml'));
  const password = (name: string): string => accounts[name] ?? '';
  return {
    url,
    async signIn(name) {
      const { token: secret } = await connect(url).post('/api/sign-in', { name, password: password(name), client: 'cli' }, signedIn);
      return connect(url, `Bearer ${secret}`);
    },
    async connect(name) {
      const basic = Buffer.from(`${name}:${password(name)}`).toString('base64');
      const issued = await connect(url, `Basic ${basic}`).post('/api/token', { target: TARGET }, token);
      return openActor(issued.url, issued.token);
    },
  };
}

async function readAccounts(file: string): Promise<Readonly<Record<string, string>>> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new SallyportError('not_found', `${file} cannot be read`, { cause, hint: 'run npm start first, and leave it running' });
  });
  return passwords.parse(JSON.parse(text));
}

async function openActor(url: string, accessToken: string): Promise<McpActor> {
  const client = new Client({ name: 'sallyport-demo', version: '1.0.0' });
  const transport = new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers: { authorization: `Bearer ${accessToken}` } } });
  await client.connect(transport);
  return {
    tools: async () => (await client.listTools()).tools.map(({ name }) => name),
    async call(name, args) {
      // Whoever asks for progress is told that people were asked, and the call stays open meanwhile.
      const patience = { timeout: 120_000, resetTimeoutOnProgress: true, onprogress: () => {} };
      try {
        const { isError, content } = await client.callTool({ name, arguments: { ...args } }, patience);
        return { ok: isError !== true, text: content.map((part) => (part.type === 'text' ? part.text : part.type)).join('\n') };
      } catch (error) {
        return { ok: false, text: error instanceof Error ? error.message : String(error) };
      }
    },
    async close() {
      await transport.terminateSession().catch(() => {});
      await client.close();
    },
  };
}
