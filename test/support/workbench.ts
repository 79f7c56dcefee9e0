/** An MCP server for the tests of faults, crashes and leaks: it counts what really ran, and misbehaves when asked to. */
import { setTimeout as sleep } from 'node:timers/promises';
import { McpServer, type CallToolResult } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { startMcpServer, type McpHttpServer, type McpServerOptions } from './mcp-server.ts';

export interface Workbench extends McpHttpServer {
  /** The `key` of every call of `write`, in the order in which they ran. */
  readonly written: readonly string[];
  /** How many calls of `wait` were cancelled before their time was over. */
  readonly cancelled: () => number;
  /** How many calls of `wait` were begun. */
  readonly begun: () => number;
}

const text = (value: string): CallToolResult => ({ content: [{ type: 'text', text: value }] });

export async function startWorkbench(options: McpServerOptions = {}): Promise<Workbench> {
  const written: string[] = [];
  let cancelled = 0;
  let begun = 0;
  const make = (): McpServer => {
    const server = new McpServer({ name: 'workbench', version: '1.0.0' });
    server.registerTool('echo', { description: 'Answers with what it was given', inputSchema: z.object({ value: z.string() }) }, ({ value }) => text(value));
    server.registerTool('write', { description: 'Writes a key down, once for each call', inputSchema: z.object({ key: z.string() }) }, ({ key }) => {
      written.push(key);
      return text(`written: ${key}`);
    });
    server.registerTool('held_write', { description: 'The same, for a policy that holds it', inputSchema: z.object({ key: z.string() }) }, ({ key }) => {
      written.push(key);
      return text(`written: ${key}`);
    });
    server.registerTool('fail', { description: 'Fails with that message', inputSchema: z.object({ message: z.string() }) }, ({ message }) => {
      throw new Error(message);
    });
    server.registerTool('big', { description: 'Answers with that many bytes', inputSchema: z.object({ bytes: z.int() }) }, ({ bytes }) =>
      text('x'.repeat(bytes)),
    );
    server.registerTool('wait', { description: 'Answers late', inputSchema: z.object({ ms: z.int() }) }, async ({ ms }, ctx) => {
      const { _meta: meta, signal } = ctx.mcpReq;
      begun += 1;
      const progressToken = meta?.progressToken;
      signal.addEventListener('abort', () => (cancelled += 1), { once: true });
      for (let waited = 0; waited < ms && !signal.aborted; waited += 50) {
        if (progressToken !== undefined) await ctx.mcpReq.notify({ method: 'notifications/progress', params: { progressToken, progress: waited, total: ms } });
        await sleep(50);
      }
      return text('waited');
    });
    return server;
  };
  const server = await startMcpServer(make, options);
  return { ...server, written, cancelled: () => cancelled, begun: () => begun };
}
