/**
 * The demo's target: an MCP server of both protocol eras over Streamable HTTP. It opens to its own bearer token only,
 * so a call that gets through had the credential injected by the gateway. It knows nothing of the gateway.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { toNodeHandler, type NodeIncomingMessageLike } from '@modelcontextprotocol/node';
import { createMcpHandler } from '@modelcontextprotocol/server';
import { createState, type State } from './state.ts';
import { makeModelsServer } from './tools.ts';

export interface ModelsServerOptions {
  readonly token: string;
  /** 0, the default, takes a free one. */
  readonly port?: number;
  readonly state?: State;
}

export interface ModelsServer {
  readonly url: string;
  readonly port: number;
  readonly state: State;
  close(): Promise<void>;
}

export async function startModelsServer({ token, port = 0, state = createState() }: ModelsServerOptions): Promise<ModelsServer> {
  if (token === '') throw new Error('the models server needs a token');
  const mcp = createMcpHandler(() => makeModelsServer(state));
  const serve = toNodeHandler(mcp);
  const http = createServer((request, response) => {
    if (!bears(request, token)) {
      response.writeHead(401, { 'www-authenticate': 'Bearer' }).end();
      return;
    }
    // the SDK's duck type, written without `exactOptionalPropertyTypes`
    void serve(request as NodeIncomingMessageLike, response);
  });
  await new Promise<void>((resolve, reject) => {
    http.once('error', reject);
    http.listen(port, '127.0.0.1', resolve);
  });
  // listening on TCP, so the address is an object
  const address = http.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${address.port}/mcp`,
    port: address.port,
    state,
    async close() {
      await mcp.close();
      http.closeAllConnections();
      await new Promise<void>((resolve) => {
        http.close(() => resolve());
      });
    },
  };
}

function bears(request: IncomingMessage, token: string): boolean {
  const hash = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(request.headers.authorization ?? ''), hash(`Bearer ${token}`));
}
