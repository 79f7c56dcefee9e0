/**
 * An MCP server of both eras that does everything the official conformance suites ask of one. It is the upstream of
 * the conformance runs and of the tests with real clients; it knows nothing of the gateway.
 */
import { randomBytes } from 'node:crypto';
import {
  createRequestStateCodec,
  McpServer,
  ProtocolError,
  ProtocolErrorCode,
  type RequestStateCodec,
  type ServerNotifier,
} from '@modelcontextprotocol/server';
import { z } from 'zod';
import { startMcpServer, type McpHttpServer } from '../support/mcp-server.ts';
import { addAskingTools, type RoundState } from './asking-tools.ts';
import { addContentTools } from './content-tools.ts';
import { addPrompts, addResources, addSubscriptions } from './resources-prompts.ts';

export function startConformanceServer(options: { readonly port?: number } = {}): Promise<McpHttpServer> {
  const states = createRequestStateCodec<RoundState>({ key: randomBytes(32) });
  return startMcpServer((era, notifier) => makeServer(era, states, notifier), options);
}

function makeServer(era: 'legacy' | 'modern', states: RequestStateCodec<RoundState>, notifier: () => ServerNotifier | undefined): McpServer {
  const capabilities = { logging: {}, completions: {}, resources: { subscribe: true, listChanged: true } };
  const server = new McpServer({ name: 'conformance-fixture', version: '1.0.0' }, { capabilities, requestState: { verify: states.verify } });
  addContentTools(server);
  addAskingTools(server, states);
  addChangeTriggers(server, notifier);
  addResources(server);
  addPrompts(server);
  if (era === 'legacy') addSubscriptions(server);
  else addNoTasks(server);
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

/** It makes no tasks; it knows that much about the extension to say so as the extension says it. */
function addNoTasks(server: McpServer): void {
  server.server.setRequestHandler('tasks/get', { params: z.looseObject({ taskId: z.string() }) }, ({ taskId }) => {
    throw new ProtocolError(ProtocolErrorCode.InvalidParams, `no task ${taskId}`);
  });
}
