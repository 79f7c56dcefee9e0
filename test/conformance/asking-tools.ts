import {
  acceptedContent,
  CLIENT_CAPABILITIES_META_KEY,
  inputRequired,
  inputResponse,
  type CallToolResult,
  type ClientCapabilities,
  type InputRequiredResult,
  type McpServer,
  type RequestStateCodec,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { z } from 'zod';

const empty = z.object({});
const NAME = z.object({ name: z.string() });
const COLOR = z.object({ color: z.string() });
const OK = z.object({ ok: z.boolean() });
const CONTEXT = z.object({ context: z.string() });

type Answer = CallToolResult | InputRequiredResult;
const text = (value: string): CallToolResult => ({ content: [{ type: 'text', text: value }] });
const userSays = (value: string, maxTokens: number) =>
  inputRequired.createMessage({ messages: [{ role: 'user', content: { type: 'text', text: value } }], maxTokens });

/** What a server-minted state holds between two rounds. */
export interface RoundState {
  readonly round: number;
  readonly name?: string;
}

/**
 * Tools that ask something of their client. They are written as multi-round-trip handlers; the SDK turns each round
 * into a request of the server's where the client speaks an older revision, so one handler serves both eras.
 */
export function addAskingTools(server: McpServer, states: RequestStateCodec<RoundState>): void {
  addSampling(server);
  addElicitation(server);
  addRoots(server);
  addStateful(server, states);
  addCapabilityProbes(server);
  addPrompt(server);
}

function addSampling(server: McpServer): void {
  const ask = (ctx: ServerContext, key: string, question: string): Answer => {
    const answer = inputResponse(ctx.mcpReq.inputResponses, key);
    if (answer.kind !== 'sampling') return inputRequired({ inputRequests: { [key]: userSays(question, 100) } });
    return text(`LLM response: ${JSON.stringify(answer.result.content)}`);
  };
  server.registerTool('test_sampling', { description: 'Asks the client for a completion', inputSchema: z.object({ prompt: z.string() }) }, ({ prompt }, ctx) =>
    ask(ctx, 'completion', prompt),
  );
  server.registerTool('test_input_required_result_sampling', { description: 'Asks for a completion in a round', inputSchema: empty }, (_args, ctx) =>
    ask(ctx, 'capital_question', 'What is the capital of France?'),
  );
}

function addElicitation(server: McpServer): void {
  const form = (name: string, description: string, key: string, message: string, requestedSchema: object): void => {
    server.registerTool(name, { description, inputSchema: empty }, (_args, ctx) => elicit(ctx, key, message, requestedSchema));
  };
  server.registerTool('test_elicitation', { description: 'Asks the user for details', inputSchema: z.object({ message: z.string() }) }, ({ message }, ctx) =>
    elicit(ctx, 'details', message, DETAILS),
  );
  form('test_elicitation_sep1034_defaults', 'Asks with default values', 'defaults', 'Please review the defaults', DEFAULTS);
  form('test_elicitation_sep1330_enums', 'Asks with every kind of choice', 'choices', 'Please choose', CHOICES);
  form('test_streaming_elicitation', 'Asks in the middle of a call', 'middle', 'Go on?', { type: 'object', properties: { ok: { type: 'boolean' } } });
  server.registerTool('test_input_required_result_elicitation', { description: 'Asks for a name in a round', inputSchema: empty }, (_args, ctx) => {
    const answer = acceptedContent(ctx.mcpReq.inputResponses, 'user_name', NAME);
    return answer ? text(`Hello, ${answer.name}!`) : inputRequired({ inputRequests: { user_name: askName('What is your name?') } });
  });
}

const askName = (message: string) => inputRequired.elicit({ message, requestedSchema: NAME });

function elicit(ctx: ServerContext, key: string, message: string, requestedSchema: object): Answer {
  const answer = inputResponse(ctx.mcpReq.inputResponses, key);
  // the SDK's type names every keyword of the restricted schema; the constants below are written by it
  if (answer.kind !== 'elicit')
    return inputRequired({ inputRequests: { [key]: inputRequired.elicit({ message, requestedSchema } as Parameters<typeof inputRequired.elicit>[0]) } });
  return text(`Elicitation completed: action=${answer.action}, content=${JSON.stringify(answer.content ?? {})}`);
}

function addRoots(server: McpServer): void {
  server.registerTool('test_input_required_result_list_roots', { description: 'Asks for the roots in a round', inputSchema: empty }, (_args, ctx) => {
    const answer = inputResponse(ctx.mcpReq.inputResponses, 'client_roots');
    if (answer.kind !== 'roots') return inputRequired({ inputRequests: { client_roots: inputRequired.listRoots() } });
    return text(`Roots: ${answer.roots.map((root) => root.uri).join(', ')}`);
  });
}

function addStateful(server: McpServer, states: RequestStateCodec<RoundState>): void {
  const confirmed = async (ctx: ServerContext): Promise<Answer> => {
    const state = ctx.mcpReq.requestState<RoundState>();
    const answer = acceptedContent(ctx.mcpReq.inputResponses, 'confirm', OK);
    if (state?.round === 1 && answer) return text('state-ok');
    const confirm = inputRequired.elicit({ message: 'Please confirm', requestedSchema: OK });
    return inputRequired({ inputRequests: { confirm }, requestState: await states.mint({ round: 1 }) });
  };
  server.registerTool('test_input_required_result_request_state', { description: 'Keeps state over a round', inputSchema: empty }, (_args, ctx) =>
    confirmed(ctx),
  );
  server.registerTool('test_input_required_result_tampered_state', { description: 'Refuses changed state', inputSchema: empty }, (_args, ctx) =>
    confirmed(ctx),
  );
  server.registerTool('test_input_required_result_multiple_inputs', { description: 'Asks three things at once', inputSchema: empty }, async (_args, ctx) => {
    const name = acceptedContent(ctx.mcpReq.inputResponses, 'user_name', NAME);
    const greeting = inputResponse(ctx.mcpReq.inputResponses, 'greeting');
    const roots = inputResponse(ctx.mcpReq.inputResponses, 'client_roots');
    if (name && greeting.kind === 'sampling' && roots.kind === 'roots') return text(`${name.name} has ${roots.roots.length} roots`);
    const inputRequests = { user_name: askName('What is your name?'), greeting: userSays('Generate a greeting', 50), client_roots: inputRequired.listRoots() };
    return inputRequired({ inputRequests, requestState: await states.mint({ round: 1 }) });
  });
  server.registerTool('test_input_required_result_multi_round', { description: 'Asks twice', inputSchema: empty }, (_args, ctx) => twoRounds(ctx, states));
}

async function twoRounds(ctx: ServerContext, states: RequestStateCodec<RoundState>): Promise<Answer> {
  const state = ctx.mcpReq.requestState<RoundState>();
  const color = acceptedContent(ctx.mcpReq.inputResponses, 'step2', COLOR);
  if (state?.round === 2 && color) return text(`${state.name ?? 'somebody'} likes ${color.color}`);
  const name = acceptedContent(ctx.mcpReq.inputResponses, 'step1', NAME);
  if (state?.round === 1 && name) {
    const step2 = inputRequired.elicit({ message: 'Step 2: What is your favorite color?', requestedSchema: COLOR });
    return inputRequired({ inputRequests: { step2 }, requestState: await states.mint({ round: 2, name: name.name }) });
  }
  return inputRequired({ inputRequests: { step1: askName('Step 1: What is your name?') }, requestState: await states.mint({ round: 1 }) });
}

function addCapabilityProbes(server: McpServer): void {
  server.registerTool('test_missing_capability', { description: 'Needs a client that samples', inputSchema: empty }, () =>
    inputRequired({ inputRequests: { needed: userSays('Say anything', 10) } }),
  );
  server.registerTool('test_input_required_result_capabilities', { description: 'Asks only what the client declared', inputSchema: empty }, (_args, ctx) => {
    // the envelope's type does not name its keys
    const envelope = (ctx.mcpReq.envelope ?? {}) as { readonly [CLIENT_CAPABILITIES_META_KEY]?: ClientCapabilities };
    const declared = envelope[CLIENT_CAPABILITIES_META_KEY] ?? {};
    const inputRequests = {
      ...(declared.sampling ? { sample: userSays('Say anything', 10) } : {}),
      ...(declared.elicitation ? { name: askName('What is your name?') } : {}),
      ...(declared.roots ? { roots: inputRequired.listRoots() } : {}),
    };
    return Object.keys(inputRequests).length > 0 ? inputRequired({ inputRequests }) : text('The client declared nothing to ask for');
  });
}

function addPrompt(server: McpServer): void {
  server.registerPrompt('test_input_required_result_prompt', { description: 'Asks for its context in a round' }, (ctx) => {
    const answer = acceptedContent(ctx.mcpReq.inputResponses, 'user_context', CONTEXT);
    if (answer) return { messages: [{ role: 'user', content: { type: 'text', text: `Context: ${answer.context}` } }] };
    return inputRequired({
      inputRequests: { user_context: inputRequired.elicit({ message: 'What context should the prompt use?', requestedSchema: CONTEXT }) },
    });
  });
}

const DETAILS = {
  type: 'object',
  properties: { username: { type: 'string', description: "User's response" }, email: { type: 'string', description: "User's email address" } },
  required: ['username', 'email'],
};
const DEFAULTS = {
  type: 'object',
  properties: {
    name: { type: 'string', default: 'John Doe' },
    age: { type: 'integer', default: 30 },
    score: { type: 'number', default: 95.5 },
    status: { type: 'string', enum: ['active', 'inactive', 'pending'], default: 'active' },
    verified: { type: 'boolean', default: true },
  },
};
const options = ['option1', 'option2', 'option3'];
const titled = (noun: string) => ['First', 'Second', 'Third'].map((nth, i) => ({ const: `value${i + 1}`, title: `${nth} ${noun}` }));
const CHOICES = {
  type: 'object',
  properties: {
    untitledSingle: { type: 'string', enum: options },
    titledSingle: { type: 'string', oneOf: titled('Option') },
    legacyEnum: { type: 'string', enum: ['opt1', 'opt2', 'opt3'], enumNames: ['Option One', 'Option Two', 'Option Three'] },
    untitledMulti: { type: 'array', items: { type: 'string', enum: options } },
    titledMulti: { type: 'array', items: { anyOf: titled('Choice') } },
  },
};
