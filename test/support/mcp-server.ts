/** Serves an SDK server over Streamable HTTP on loopback in both eras, with sessions in the legacy one. */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import {
  localhostHostValidation,
  localhostOriginValidation,
  NodeStreamableHTTPServerTransport,
  toNodeHandler,
  toWebRequest,
  type NodeIncomingMessageLike,
} from '@modelcontextprotocol/node';
import { createMcpHandler, isLegacyRequest, type McpServer, type ServerNotifier } from '@modelcontextprotocol/server';
import { createEventStore } from './event-store.ts';
import { listen } from './listen.ts';

export interface McpHttpServer {
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

export interface McpServerOptions {
  readonly port?: number;
  /** Done before anything else, where something has to be looked up. */
  readonly before?: (request: IncomingMessage) => Promise<void>;
  /** Sees each request first; `false` where it answered the request itself. */
  readonly admit?: (request: IncomingMessage, response: ServerResponse) => boolean;
}

/** Makes a server for one era; `notifier` tells the modern era's listen streams, and is undefined in the legacy era. */
export type MakeServer = (era: 'legacy' | 'modern', notifier: () => ServerNotifier | undefined) => McpServer;

type Handle = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

export async function startMcpServer(make: MakeServer, { port = 0, before, admit = () => true }: McpServerOptions = {}): Promise<McpHttpServer> {
  const modern = createMcpHandler(({ era }) => make(era, () => modern.notify), { legacy: 'reject' });
  const legacy = createLegacySessions(() => make('legacy', () => undefined));
  const guards = [localhostHostValidation(), localhostOriginValidation(), admit];
  const serveModern = toNodeHandler(modern);
  const http = createServer((request, response) => {
    const serve = async (): Promise<void> => {
      await before?.(request);
      if (guards.every((allows) => allows(request, response))) await route(request, response, legacy.handle, serveModern);
    };
    void serve().catch(() => response.destroy());
  });
  const listening = await listen(http, port);
  return {
    url: `http://127.0.0.1:${listening.port}/mcp`,
    port: listening.port,
    async close() {
      await Promise.all([modern.close(), legacy.close()]);
      await listening.close();
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

/** Null where the body is not JSON: the SDK then answers that it is no message. */
async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer); // an IncomingMessage yields buffers unless told otherwise
  try {
    return JSON.parse(Buffer.concat(chunks).toString());
  } catch {
    return null;
  }
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
