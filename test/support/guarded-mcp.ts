/** A real MCP server that lets in by bearer token only, says where tokens come from (RFC 9728), and keeps what it got. */
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { startMcpServer, type McpHttpServer } from './mcp-server.ts';

export interface GuardedMcp extends McpHttpServer {
  /** Headers of every request, oldest first. */
  readonly requests: readonly IncomingHttpHeaders[];
  /** Tokens that came, each once. */
  tokens(): readonly string[];
}

export interface GuardedMcpOptions {
  readonly issuer: () => string;
  /** Whose token it is; undefined where it is not let in. */
  readonly accountOf: (token: string) => Promise<string | undefined>;
}

export async function startGuardedMcp({ issuer, accountOf }: GuardedMcpOptions): Promise<GuardedMcp> {
  const requests: IncomingHttpHeaders[] = [];
  const known = new Map<string, string>();
  const make = (): McpServer => {
    const mcp = new McpServer({ name: 'guarded', version: '1.0.0' });
    mcp.registerTool('whoami', { description: 'Says for whom it was called', inputSchema: z.object({}) }, (_args, context) => ({
      content: [{ type: 'text', text: known.get(tokenOf(context.http?.req?.headers.get('authorization') ?? '')) ?? 'nobody' }],
    }));
    return mcp;
  };
  let url = '';
  const admit = (request: IncomingMessage, response: ServerResponse): boolean => {
    const token = tokenOf(request.headers.authorization ?? '');
    if (request.url?.startsWith('/.well-known/oauth-protected-resource') ?? false) {
      const document = { resource: url, authorization_servers: [issuer()], scopes_supported: ['tools:use'] };
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(document));
      return false;
    }
    requests.push(request.headers);
    if (known.has(token)) return true;
    response.writeHead(401, { 'www-authenticate': 'Bearer realm="canary-realm"', 'content-type': 'application/json' }).end('{"canary":"body"}');
    return false;
  };
  // Looked up before the SDK sees the request, since it decides at once.
  const server = await startMcpServer(make, {
    admit,
    before: async (request) => {
      const token = tokenOf(request.headers.authorization ?? '');
      const account = token === '' ? undefined : await accountOf(token);
      if (account === undefined) known.delete(token);
      else known.set(token, account);
    },
  });
  url = server.url;
  return {
    ...server,
    requests,
    tokens: () => [...new Set(requests.map(({ authorization = '' }) => tokenOf(authorization)).filter((token) => token !== ''))],
  };
}

const tokenOf = (header: string): string => /^Bearer (.+)$/i.exec(header)?.[1] ?? '';
