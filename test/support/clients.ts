/** The real clients behind one face, so that a test says what it asks and every client asks it. */
import { Client as Client2, StreamableHTTPClientTransport as Transport2 } from '@modelcontextprotocol/client';
import type { StdioClientTransport as Stdio2 } from '@modelcontextprotocol/client/stdio';
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js';
import type { StdioClientTransport as Stdio1 } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport as Transport1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { CreateMessageRequestSchema, ElicitRequestSchema, ToolListChangedNotificationSchema } from '@modelcontextprotocol/sdk/types.js';

export interface CallOptions {
  readonly onprogress?: (progress: { readonly progress: number; readonly total?: number | undefined; readonly message?: string | undefined }) => void;
  readonly signal?: AbortSignal;
  readonly timeout?: number;
  readonly resetTimeoutOnProgress?: boolean;
}

export interface ToolResult {
  readonly isError?: boolean | undefined;
  readonly content: readonly { readonly type: string; readonly text?: string }[];
  readonly structuredContent?: unknown;
  readonly _meta?: Readonly<Record<string, unknown>>;
}

export interface TestClient {
  /** How often the server said, unasked, that its tools changed. */
  readonly changes: () => number;
  /** All progress that came: an SDK forgets who waits for it when the answer comes in the same piece. */
  readonly progress: readonly number[];
  tools(): Promise<string[]>;
  call(name: string, args?: Record<string, unknown>, options?: CallOptions): Promise<ToolResult>;
  close(): Promise<void>;
}

export interface ClientKind {
  readonly name: string;
  readonly era: 'legacy' | 'modern';
  connect(url: string, token: string): Promise<TestClient>;
}

const INFO = { name: 'sallyport-test', version: '1.0.0' };
const CAPABILITIES = { sampling: {}, elicitation: {}, roots: {} };
/** What the clients answer where a server asks something of them. */
export const COMPLETION = 'a completion by the client';
export const USERNAME = 'filled-in-by-the-client';

const completion = { role: 'assistant' as const, model: 'test', content: { type: 'text' as const, text: COMPLETION } };
const filledIn = { action: 'accept' as const, content: { username: USERNAME, email: 'user@client.example' } };
const bearer = (token: string) => ({ requestInit: { headers: { authorization: `Bearer ${token}` } } });

export const CLIENT_KINDS: readonly ClientKind[] = [
  { name: 'SDK 1.x', era: 'legacy', connect: (url, token) => connectSdk1(url, token) },
  { name: 'SDK 2.x, legacy era', era: 'legacy', connect: (url, token) => connectSdk2(url, token, 'legacy') },
  { name: 'SDK 2.x, modern era', era: 'modern', connect: (url, token) => connectSdk2(url, token, { pin: '2026-07-28' }) },
];

const connectSdk1 = (url: string, token: string): Promise<TestClient> => clientOfSdk1(new Transport1(new URL(url), bearer(token)));

/** Over any transport. */
export async function clientOfSdk1(transport: Transport1 | Stdio1): Promise<TestClient> {
  const client = new Client1(INFO, { capabilities: CAPABILITIES });
  client.setRequestHandler(CreateMessageRequestSchema, () => completion);
  client.setRequestHandler(ElicitRequestSchema, () => filledIn);
  let changes = 0;
  client.setNotificationHandler(ToolListChangedNotificationSchema, () => void (changes += 1));
  await client.connect(transport);
  return {
    changes: () => changes,
    progress: overheard(transport),
    tools: async () => (await client.listTools()).tools.map((tool) => tool.name),
    // a tool result: the union's other member is of servers before 2024-11-05
    call: async (name, args = {}, options = {}) => (await client.callTool({ name, arguments: args }, undefined, options)) as ToolResult,
    async close() {
      if ('terminateSession' in transport) await transport.terminateSession().catch(() => {});
      await client.close();
    },
  };
}

type Mode = 'legacy' | { readonly pin: string };
const connectSdk2 = (url: string, token: string, mode: Mode): Promise<TestClient> => clientOfSdk2(new Transport2(new URL(url), bearer(token)), mode);

export async function clientOfSdk2(transport: Transport2 | Stdio2, mode: Mode): Promise<TestClient> {
  const client = new Client2(INFO, { capabilities: CAPABILITIES, versionNegotiation: { mode } });
  client.setRequestHandler('sampling/createMessage', () => completion);
  client.setRequestHandler('elicitation/create', () => filledIn);
  let changes = 0;
  client.setNotificationHandler('notifications/tools/list_changed', () => void (changes += 1));
  await client.connect(transport);
  return {
    changes: () => changes,
    progress: overheard(transport),
    tools: async () => (await client.listTools()).tools.map((tool) => tool.name),
    call: async (name, args = {}, options = {}) => (await client.callTool({ name, arguments: args }, options)) as ToolResult,
    async close() {
      if (mode === 'legacy' && 'terminateSession' in transport) await transport.terminateSession().catch(() => {});
      await client.close();
    },
  };
}

/** Every progress from now on, before the SDK sees it. */
function overheard(transport: Pick<Transport1 | Transport2 | Stdio1 | Stdio2, 'onmessage'>): readonly number[] {
  const heard: number[] = [];
  const { onmessage } = transport;
  const overhear = (message: object, ...rest: []): void => {
    // JSON-RPC as it was parsed; whatever it is, a member that is not there reads as absent.
    const { method, params } = message as { method?: string; params?: { progress?: number } };
    if (method === 'notifications/progress') heard.push(params?.progress ?? Number.NaN);
    onmessage?.call(transport, message as never, ...rest);
  };
  Object.assign(transport, { onmessage: overhear });
  return heard;
}

/** All the text of a result, structured content included: what a model could read of it. */
export const readable = (result: ToolResult | undefined): string => JSON.stringify(result) ?? '';
