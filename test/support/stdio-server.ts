/**
 * A small MCP server over stdio. Its credential comes from the environment (`NOTES_TOKEN`); it says whether it has one
 * and what else its environment is called, and never the value.
 */
import { McpServer } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { z } from 'zod';

const notes: string[] = [];
const answer = (value: unknown) => ({ content: [{ type: 'text' as const, text: JSON.stringify(value) }] });

function makeServer(): McpServer {
  const server = new McpServer({ name: 'notes', version: '1.0.0' });
  server.registerTool('add_note', { description: 'Keeps a note', inputSchema: z.object({ note: z.string() }) }, ({ note }) => {
    notes.push(note);
    return answer({ notes: notes.length });
  });
  server.registerTool('about', { description: 'The process and its environment, by name', inputSchema: z.object({}) }, () =>
    answer({ pid: process.pid, hasToken: (process.env['NOTES_TOKEN'] ?? '') !== '', environment: Object.keys(process.env).toSorted() }),
  );
  return server;
}

serveStdio(makeServer);
