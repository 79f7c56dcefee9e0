/** An MCP server written by hand: it hears every request exactly and answers as its script says, rightly or wrongly. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { drained } from '../../../src/protocols/mcp/drained.ts';
import { listen } from '../listen.ts';
import { until } from '../until.ts';

/** A parsed message. Every member is said to be there: a test that reads what is not there fails by itself. */
export interface Message {
  readonly id?: string | number | null;
  readonly method?: string;
  readonly params: Params;
  readonly result: Result;
  readonly error: { readonly code: number; readonly message: string; readonly data: Result & { readonly code: string } };
}

interface Params {
  readonly name: string;
  readonly arguments: object;
  readonly message: string;
  readonly data: string;
  readonly progress: number;
  readonly progressToken: unknown;
  readonly protocolVersion: string;
  readonly taskId: string;
  readonly uri: string;
  readonly _meta: Meta;
}

interface Meta {
  readonly 'dev.sallyport/approval': { readonly id: string; readonly note: string };
  readonly 'io.modelcontextprotocol/subscriptionId': unknown;
}

type Listed = readonly Readonly<Record<string, string>>[];

interface Result extends Meta {
  readonly content: readonly [{ readonly text: string }];
  readonly isError: boolean;
  readonly _meta: Meta;
  readonly tools: Listed;
  readonly prompts: Listed;
  readonly resources: Listed;
  readonly resourceTemplates: Listed;
  readonly cacheScope: string;
  readonly ttlMs: number;
  readonly completion: { readonly values: readonly string[] };
  readonly inputRequests: object;
  readonly resultType: string;
  readonly task: { readonly taskId: string };
  readonly taskId: string;
  readonly tasks: readonly { readonly taskId: string }[];
}

export interface Turn {
  readonly verb: string;
  readonly headers: IncomingMessage['headers'];
  /** Names of the headers in lower case, sorted. */
  readonly headerNames: readonly string[];
  readonly message: Message;
  readonly response: ServerResponse;
  /** Whether the gateway has hung up before the answer was complete. */
  readonly gone: () => boolean;
  result(result: object): void;
  json(status: number, body: unknown, headers?: Record<string, string>): void;
  /** The head of an event stream. */
  stream(): void;
  event(message: object, id?: string): void;
  raw(text: string): Promise<void>;
  end(): void;
}

export interface ScriptedServer {
  readonly url: string;
  /** Everything that it heard, oldest first. */
  readonly turns: readonly Turn[];
  /** What was asked with this JSON-RPC method or HTTP verb. */
  asked(what: string): readonly Turn[];
  /** The latest of these, as soon as there are so many. */
  heard(what: string, count?: number): Promise<Turn>;
  /** Answers this JSON-RPC method, `tools/call <name>`, or HTTP verb; `answer` is for what clients answer. */
  on(what: string, script: (turn: Turn) => void | Promise<void>): void;
  close(): Promise<void>;
}

export const tool = (name: string, properties: object = {}): object => ({ name, description: name, inputSchema: { type: 'object', properties } });

/** Speaks for itself where no script does: handshake, sessions `up-1`, `up-2`, ..., the tools it was given, 202 to notifications. */
export async function startScriptedServer(tools: object[] = []): Promise<ScriptedServer> {
  const turns: Turn[] = [];
  const scripts = new Map<string, (turn: Turn) => void | Promise<void>>();
  let sessions = 0;
  const defaults: Record<string, (turn: Turn) => void> = {
    initialize: (turn) =>
      turn.json(200, reply(turn, { protocolVersion: turn.message.params.protocolVersion, capabilities: { tools: {} }, serverInfo: INFO }), {
        'mcp-session-id': `up-${(sessions += 1)}`,
      }),
    'tools/list': (turn) => turn.result({ tools }),
    DELETE: (turn) => turn.response.writeHead(200).end(),
    GET: (turn) => turn.response.writeHead(405, { allow: 'POST', 'content-type': 'text/html' }).end('<p>not here'),
  };
  const other = (turn: Turn): void => {
    if (turn.message.id === undefined || turn.message.method === undefined) turn.response.writeHead(202).end();
    else turn.json(200, { jsonrpc: '2.0', id: turn.message.id, error: { code: -32601, message: 'no such method' } });
  };
  const server = createServer((request, response) => {
    void readTurn(request, response).then((turn) => {
      turns.push(turn);
      const script = namesOf(turn)
        .map((name) => scripts.get(name) ?? defaults[name])
        .find((each) => each !== undefined);
      return (script ?? other)(turn);
    });
  });
  const listening = await listen(server);
  const asked = (what: string): readonly Turn[] => turns.filter((turn) => namesOf(turn).includes(what));
  return {
    url: `http://127.0.0.1:${listening.port}/mcp`,
    turns,
    asked,
    heard: (what, count = 1) => until(`"${what}" at the target`, () => (asked(what).length >= count ? asked(what).at(-1) : undefined)),
    on: (what, script) => void scripts.set(what, script),
    close: listening.close,
  };
}

const INFO = { name: 'scripted', version: '1.0.0' };
const reply = (turn: Turn, result: object): object => ({ jsonrpc: '2.0', id: turn.message.id, result });

/** Most precise first. */
function namesOf({ verb, message }: Turn): string[] {
  if (verb !== 'POST') return [verb];
  if (message.method === undefined) return ['answer'];
  return message.method === 'tools/call' ? [`tools/call ${message.params.name}`, 'tools/call'] : [message.method];
}

async function readTurn(request: IncomingMessage, response: ServerResponse): Promise<Turn> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer); // an IncomingMessage yields buffers unless told otherwise
  const text = Buffer.concat(chunks).toString();
  let gone = false;
  response.on('close', () => (gone = !response.writableFinished));
  const turn: Turn = {
    verb: request.method ?? '',
    headers: request.headers,
    headerNames: request.rawHeaders
      .filter((_, index) => index % 2 === 0)
      .map((name) => name.toLowerCase())
      .toSorted(),
    // what the gateway wrote, or nothing on GET and DELETE, where no script reads it
    message: (text === '' ? {} : JSON.parse(text)) as Message,
    response,
    gone: () => gone,
    result: (result) => turn.json(200, reply(turn, result)),
    json: (status, body, headers = {}) => void response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body)),
    stream: () => response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders(),
    event: (message, id) => void turn.raw(`${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(message)}\n\n`),
    async raw(bytes) {
      if (!response.write(bytes)) await drained(response);
    },
    end: () => void response.end(),
  };
  return turn;
}

/** A tool's result with one text. */
export const text = (value: string): object => ({ content: [{ type: 'text', text: value }] });

/** The answer to the request of this turn, as an event or a body. */
export const answerTo = (turn: Turn, value: string): object => reply(turn, text(value));
