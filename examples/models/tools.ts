import { McpServer, type CallToolResult, type ServerContext, type ToolAnnotations } from '@modelcontextprotocol/server';
import { z } from 'zod';
import type { State } from './state.ts';

const READS: ToolAnnotations = { readOnlyHint: true, openWorldHint: false };
const CHANGES: ToolAnnotations = { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false };
const DESTROYS: ToolAnnotations = { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false };

const modelId = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,40}$/)
  .describe('Id of a model, as `list_models` gives it');
const deployment = z.object({ model: z.string(), version: z.string(), replicas: z.int(), region: z.string() });
const summary = z.object({ id: z.string(), name: z.string(), version: z.string(), owner: z.string() });
const metadata = summary.extend({
  framework: z.string(),
  billing: z.object({ holder: z.string(), card: z.string() }),
  deployment: deployment.optional(),
  notes: z.string(),
});

/** One server over the shared state; the SDK makes one for each request. */
export function makeModelsServer(state: State): McpServer {
  const server = new McpServer(
    { name: 'models', version: '1.0.0' },
    { instructions: 'Manages machine-learning models: find them, run them, change their deployments.' },
  );
  addReading(server, state);
  addRunning(server, state);
  addChanging(server, state);
  return server;
}

const counted = (state: State, tool: string): void => void state.executions.set(tool, (state.executions.get(tool) ?? 0) + 1);

/** Structured and as text, for clients that read only one of them. */
const answer = (structuredContent: Record<string, unknown>): CallToolResult => ({
  content: [{ type: 'text', text: JSON.stringify(structuredContent) }],
  structuredContent,
});
const unknown = (model: string): CallToolResult => ({
  isError: true,
  content: [{ type: 'text', text: `there is no model ${model}: list_models names those that exist` }],
});

function addReading(server: McpServer, state: State): void {
  const list = {
    title: 'List models',
    description: 'Lists every model with its version and owner',
    inputSchema: z.object({}),
    outputSchema: z.object({ models: z.array(summary) }),
    annotations: READS,
  };
  server.registerTool('list_models', list, () => {
    counted(state, 'list_models');
    return answer({ models: [...state.models.values()].map(({ id, name, version, owner }) => ({ id, name, version, owner })) });
  });
  const get = {
    title: 'Get model metadata',
    description: 'Everything known about one model: framework, owner, billing, deployment, notes',
    inputSchema: z.object({ model: modelId }),
    outputSchema: metadata,
    annotations: READS,
  };
  server.registerTool('get_model_metadata', get, ({ model }) => {
    counted(state, 'get_model_metadata');
    const found = state.models.get(model);
    const deployed = state.deployments.get(model);
    return found ? answer({ ...found, ...(deployed ? { deployment: deployed } : {}) }) : unknown(model);
  });
  const training = {
    title: 'Read training data',
    description: 'Reads rows of the customers that a model was trained on',
    inputSchema: z.object({ model: modelId, limit: z.int().min(1).max(1000).default(10) }),
    annotations: READS,
  };
  server.registerTool('read_training_data', training, ({ limit }) => {
    counted(state, 'read_training_data');
    return answer({ rows: state.training.slice(0, limit) });
  });
  const key = z.object({ name: z.string(), owner: z.string(), created: z.string(), api_key: z.string() });
  const keys = {
    title: 'List API keys',
    description: 'Lists the keys that serve the models',
    inputSchema: z.object({}),
    outputSchema: z.object({ keys: z.array(key) }),
    annotations: READS,
  };
  server.registerTool('list_api_keys', keys, () => {
    counted(state, 'list_api_keys');
    return answer({ keys: [...state.keys] });
  });
}

function addRunning(server: McpServer, state: State): void {
  const run = {
    title: 'Run a model',
    description: 'Runs a model over rows of the warehouse and returns its scores; reports progress where asked to',
    inputSchema: z.object({ model: modelId, rows: z.int().min(1).max(1_000_000).describe('How many rows to score') }),
    outputSchema: z.object({ model: z.string(), rows: z.int(), mean: z.number(), sample: z.array(z.number()) }),
    annotations: READS,
  };
  server.registerTool('run_model', run, async ({ model, rows }, ctx) => {
    counted(state, 'run_model');
    if (!state.models.has(model)) return unknown(model);
    await reportProgress(ctx, rows);
    const sample = Array.from({ length: 5 }, (_, i) => score(model, i));
    return answer({ model, rows, mean: round(sample.reduce((sum, value) => sum + value, 0) / sample.length), sample });
  });
}

async function reportProgress(ctx: ServerContext, rows: number): Promise<void> {
  const { _meta: meta } = ctx.mcpReq;
  const progressToken = meta?.progressToken;
  if (progressToken === undefined) return;
  for (const part of [1, 2, 3]) {
    await ctx.mcpReq.notify({ method: 'notifications/progress', params: { progressToken, progress: Math.round((rows * part) / 3), total: rows } });
  }
}

const round = (value: number): number => Math.round(value * 1000) / 1000;
/** Looks like a score, and is the same each time. */
const score = (model: string, row: number): number => round(((model.length * 37 + row * 61) % 97) / 97);

function addChanging(server: McpServer, state: State): void {
  const update = {
    title: 'Update a deployment',
    description: 'Changes the version or the number of replicas that serve a model in production',
    inputSchema: z.object({
      model: modelId,
      version: z
        .string()
        .regex(/^\d+\.\d+\.\d+$/)
        .optional(),
      replicas: z.int().min(0).max(100).optional(),
    }),
    outputSchema: z.object({ deployment }),
    annotations: CHANGES,
  };
  server.registerTool('update_deployment', update, ({ model, version, replicas }) => {
    counted(state, 'update_deployment');
    const before = state.deployments.get(model);
    if (!before) return unknown(model);
    const after = { ...before, version: version ?? before.version, replicas: replicas ?? before.replicas };
    state.deployments.set(model, after);
    return answer({ deployment: after });
  });
  const remove = {
    title: 'Delete a model',
    description: 'Deletes a model and takes down its deployment; there is no way back',
    inputSchema: z.object({ model: modelId }),
    outputSchema: z.object({ deleted: z.string(), left: z.int() }),
    annotations: DESTROYS,
  };
  server.registerTool('delete_model', remove, ({ model }) => {
    counted(state, 'delete_model');
    if (!state.models.delete(model)) return unknown(model);
    state.deployments.delete(model);
    return answer({ deleted: model, left: state.models.size });
  });
}
