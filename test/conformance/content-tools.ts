import { setTimeout as sleep } from 'node:timers/promises';
import { fromJsonSchema, type CallToolResult, type McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';

/** A PNG of one red pixel, and a WAV of no samples: the smallest files of their kinds. */
export const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGP4z8DwHwAFAAH/iZk9HQAAAABJRU5ErkJggg==';
const SILENCE = 'UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YQAAAAA=';

const empty = z.object({});
const text = (value: string): CallToolResult => ({ content: [{ type: 'text', text: value }] });

const IMAGE = { type: 'image' as const, data: PIXEL, mimeType: 'image/png' };
const MIXED: CallToolResult = {
  content: [
    { type: 'text', text: 'Multiple content types test:' },
    IMAGE,
    { type: 'resource', resource: { uri: 'test://mixed-content-resource', mimeType: 'application/json', text: '{"test":"data","value":123}' } },
  ],
};

/** The schema that the suite wants back keyword by keyword. */
const SCHEMA_2020_12 = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  $defs: { address: { $anchor: 'addressDef', type: 'object', properties: { street: { type: 'string' }, city: { type: 'string' } } } },
  properties: {
    name: { type: 'string' },
    address: { $ref: '#/$defs/address' },
    contactMethod: { type: 'string', enum: ['phone', 'email'] },
    phone: { type: 'string' },
    email: { type: 'string' },
  },
  allOf: [{ anyOf: [{ required: ['phone'] }, { required: ['email'] }] }],
  if: { properties: { contactMethod: { const: 'phone' } }, required: ['contactMethod'] },
  // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema; the constant is never awaited
  then: { required: ['phone'] },
  else: { required: ['email'] },
  additionalProperties: false,
};

const HEADER_SCHEMA = {
  type: 'object',
  properties: { region: { type: 'string', 'x-mcp-header': 'Region' } },
  required: ['region'],
};

/** Tools that answer at once. The first one listed is the one that the suite calls with no arguments. */
export function addContentTools(server: McpServer): void {
  const plain = (name: string, description: string, result: CallToolResult): void => {
    server.registerTool(name, { description, inputSchema: empty }, () => result);
  };
  plain('test_simple_text', 'Answers with one text', text('This is a simple text response for testing.'));
  plain('test_image_content', 'Answers with an image', { content: [IMAGE] });
  plain('test_audio_content', 'Answers with audio', { content: [{ type: 'audio', data: SILENCE, mimeType: 'audio/wav' }] });
  plain('test_embedded_resource', 'Answers with an embedded resource', {
    content: [{ type: 'resource', resource: { uri: 'test://embedded-resource', mimeType: 'text/plain', text: 'This is an embedded resource content.' } }],
  });
  plain('test_multiple_content_types', 'Answers with text, image and resource', MIXED);
  server.registerTool('test_error_handling', { description: 'Always fails', inputSchema: empty }, () => {
    throw new Error('This tool intentionally returns an error for testing');
  });
  server.registerTool('json_schema_2020_12_tool', { description: 'Has a schema of the 2020-12 draft', inputSchema: fromJsonSchema(SCHEMA_2020_12) }, (args) =>
    text(JSON.stringify(args)),
  );
  server.registerTool('test_header_argument', { description: 'Mirrors one argument in a header', inputSchema: fromJsonSchema(HEADER_SCHEMA) }, (args) =>
    text(JSON.stringify(args)),
  );
  addStreamingTools(server);
}

/** Tools that say something before they answer. */
function addStreamingTools(server: McpServer): void {
  server.registerTool('test_tool_with_logging', { description: 'Sends three log messages', inputSchema: empty }, async (_args, ctx) => {
    await ctx.mcpReq.log('info', 'Tool execution started');
    await sleep(50);
    await ctx.mcpReq.log('info', 'Tool processing data');
    await sleep(50);
    await ctx.mcpReq.log('info', 'Tool execution completed');
    return text('Logged three messages');
  });
  server.registerTool('test_logging_tool', { description: 'Sends one log message', inputSchema: empty }, async (_args, ctx) => {
    await ctx.mcpReq.log('info', 'A log message');
    return text('Logged one message');
  });
  server.registerTool('test_tool_with_progress', { description: 'Reports progress three times', inputSchema: empty }, async (_args, ctx) => {
    const { _meta: meta } = ctx.mcpReq;
    const progressToken = meta?.progressToken;
    for (const progress of [0, 50, 100]) {
      if (progress > 0) await sleep(50);
      if (progressToken !== undefined) await ctx.mcpReq.notify({ method: 'notifications/progress', params: { progressToken, progress, total: 100 } });
    }
    return text('Progress reported');
  });
  server.registerTool('test_reconnection', { description: 'Closes its stream before it answers', inputSchema: empty }, async (_args, ctx) => {
    ctx.http?.closeSSE?.();
    await sleep(100);
    return text('Answered after the stream was closed');
  });
}
