/**
 * An MCP server of both eras that does everything the official conformance suites ask of one. It is the upstream of
 * the conformance runs and of the tests with real clients; it knows nothing of the gateway.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import {
  localhostHostValidation,
  localhostOriginValidation,
  NodeStreamableHTTPServerTransport,
  toNodeHandler,
  toWebRequest,
  type NodeIncomingMessageLike,
} from '@modelcontextprotocol/node';
import { createMcpHandler, createRequestStateCodec, isLegacyRequest, McpServer, type ServerNotifier } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { listen } from '../support/listen.ts';
import { addAskingTools, type RoundState } from './asking-tools.ts';
import { addContentTools } from './content-tools.ts';
import { createEventStore } from './event-store.ts';
import { addPrompts, addResources, addSubscriptions } from './resources-prompts.ts';

export interface ConformanceServer {
  readonly url: string;
  close(): Promise<void>;
}

type Handle = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

export async function startConformanceServer(options: { readonly port?: number } = {}): Promise<ConformanceServer> {
  const states = createRequestStateCodec<RoundState>({ key: randomBytes(32) });
  const modern = createMcpHandler(({ era }) => makeServer(era, states, () => modern.notify), { legacy: 'reject' });
  const legacy = createLegacySessions(() => makeServer('legacy', states, () => undefined));
  const guards = [localhostHostValidation(), localhostOriginValidation()];
  const serveModern = toNodeHandler(modern);
  const http = createServer((request, response) => {
    if (!guards.every((allows) => allows(request, response))) return;
    void route(request, response, legacy.handle, serveModern).catch(() => response.destroy());
  });
  const { port, close } = await listen(http, options.port);
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    async close() {
      await Promise.all([modern.close(), legacy.close()]);
      await close();
    },
  };
}

/** The SDK's duck type, written without `exactOptionalPropertyTypes`. */
const asSdk = (request: IncomingMessage): NodeIncomingMessageLike => request as NodeIncomingMessageLike;

async function route(request: IncomingMessage, response: ServerResponse, legacy: Handle, modern: ReturnType<typeof toNodeHandler>): Promise<void> {
  if (request.method !== 'POST') return legacy(request, response);
  const body = await readJson(request);
  const probe = await toWebRequest(asSdk(request), body);
  return (await isLegacyRequest(probe)) ? legacy(Object.assign(request, { body }), response) : modern(asSdk(request), response, body);
}

/** `undefined` where the body is not JSON: the SDK then answers as for an empty one. */
async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer); // an IncomingMessage yields buffers unless told otherwise
  try {
    return JSON.parse(Buffer.concat(chunks).toString());
  } catch {
    return null;
  }
}

function makeServer(
  era: 'legacy' | 'modern',
  states: ReturnType<typeof createRequestStateCodec<RoundState>>,
  notifier: () => ServerNotifier | undefined,
): McpServer {
  const capabilities = { logging: {}, completions: {}, resources: { subscribe: true, listChanged: true } };
  const info = { name: 'conformance-fixture', version: '1.0.0' };
  const server = new McpServer(info, { capabilities, requestState: { verify: states.verify } });
  addContentTools(server);
  addAskingTools(server, states);
  addChangeTriggers(server, notifier);
  addResources(server);
  addPrompts(server);
  if (era === 'legacy') addSubscriptions(server);
  return server;
}

/** The modern era tells changes on its listen streams, the legacy era on its session. */
function addChangeTriggers(server: McpServer, notifier: () => ServerNotifier | undefined): void {
  const trigger = (name: string, description: string, change: (notify: ServerNotifier | undefined) => void): void => {
    server.registerTool(name, { description, inputSchema: z.object({}) }, () => {
      change(notifier());
      return { content: [{ type: 'text', text: 'Told' }] };
    });
  };
  trigger('test_trigger_tool_change', 'Tells that the tools changed', (notify) => (notify ? notify.toolsChanged() : server.sendToolListChanged()));
  trigger('test_trigger_prompt_change', 'Tells that the prompts changed', (notify) => (notify ? notify.promptsChanged() : server.sendPromptListChanged()));
}

interface LegacySessions {
  readonly handle: Handle;
  close(): Promise<void>;
}

/** One server and one transport for each session of the 2025 revisions. */
function createLegacySessions(make: () => McpServer): LegacySessions {
  const sessions = new Map<string, NodeStreamableHTTPServerTransport>();
  const open = async (): Promise<NodeStreamableHTTPServerTransport> => {
    const transport = new NodeStreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      eventStore: createEventStore(),
      retryInterval: 100,
      onsessioninitialized: (id) => void sessions.set(id, transport),
      onsessionclosed: (id) => void sessions.delete(id),
    });
    await make().connect(transport);
    return transport;
  };
  return {
    async handle(request, response) {
      const id = request.headers['mcp-session-id'];
      if (typeof id === 'string' && !sessions.has(id)) return refuse(response, 404, 'no such session');
      const transport = typeof id === 'string' ? sessions.get(id) : await open();
      // `route` put the parsed body there
      await transport?.handleRequest(request, response, (request as IncomingMessage & { body?: unknown }).body);
    },
    async close() {
      await Promise.all([...sessions.values()].map((transport) => transport.close()));
    },
  };
}

function refuse(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ jsonrpc: '2.0', id: null, error: { code: -32001, message } }));
}
