/** A client of the session era, written by hand: it sends exactly what a test says and reads every event as it comes. */
import type { Message } from './upstream.ts';

export interface Block {
  /** The event as it came, without its blank line. */
  readonly raw: string;
  readonly id: string | undefined;
  readonly message: Message | undefined;
}

/** The events and comments of one stream, one after the other; undefined at its end. */
export interface Stream {
  readonly status: number;
  readonly headers: Headers;
  next(): Promise<Block | undefined>;
  /** The next one with a message. */
  message(): Promise<Message>;
  /** All that is left. */
  rest(): Promise<Block[]>;
  /** Loses the connection. */
  drop(): void;
}

export interface Caller {
  readonly sessionId: string | undefined;
  /** The reply to `initialize`. */
  readonly opened: Message | undefined;
  /** One message; its reply may be a body or a stream. */
  send(message: object, headers?: Record<string, string>): Promise<Stream>;
  /** One request and its answer. */
  ask(method: string, params?: object, id?: string | number): Promise<Message>;
  call(name: string, args?: object, id?: string | number): Promise<Message>;
  /** Opens a request's stream without reading it. */
  begin(method: string, params: object, id: string | number): Promise<Stream>;
  listen(lastEventId?: string): Promise<Stream>;
  end(): Promise<number>;
}

export interface CallerOptions {
  readonly version?: string;
  readonly sessionId?: string;
  readonly name?: string;
}

const ACCEPT = { accept: 'application/json, text/event-stream' };

/** Opens a session, or goes on with the one that is given. */
export async function openCaller(url: string, token: string, { version = '2025-06-18', sessionId, name = 'by-hand' }: CallerOptions = {}): Promise<Caller> {
  const session: Record<string, string> = sessionId === undefined ? {} : { 'mcp-session-id': sessionId };
  const headers = (): Record<string, string> => ({ ...ACCEPT, authorization: `Bearer ${token}`, 'mcp-protocol-version': version, ...session });
  const send = (message: object, more: Record<string, string> = {}): Promise<Stream> =>
    open(url, { method: 'POST', body: JSON.stringify(message), headers: { ...headers(), 'content-type': 'application/json', ...more } });
  let opened: Message | undefined;
  if (sessionId === undefined) {
    const params = { protocolVersion: version, capabilities: {}, clientInfo: { name, version: '1.0.0' } };
    const reply = await send({ jsonrpc: '2.0', id: 'open', method: 'initialize', params });
    opened = await reply.message();
    const minted = reply.headers.get('mcp-session-id');
    if (minted !== null) session['mcp-session-id'] = minted;
    await (await send({ jsonrpc: '2.0', method: 'notifications/initialized' })).rest();
  }
  let next = 0;
  const begin = (method: string, params: object, id: string | number): Promise<Stream> => send({ jsonrpc: '2.0', id, method, params });
  const ask = async (method: string, params: object = {}, id: string | number = (next += 1)): Promise<Message> => {
    const blocks = await (await begin(method, params, id)).rest();
    const answer = blocks.findLast((block) => block.message !== undefined && block.message.method === undefined)?.message;
    if (!answer) throw new Error(`"${method}" was not answered`);
    return answer;
  };
  return {
    get sessionId() {
      return session['mcp-session-id'];
    },
    get opened() {
      return opened;
    },
    send,
    begin,
    ask,
    call: (tool, args = {}, id) => ask('tools/call', { name: tool, arguments: args }, id),
    listen: (lastEventId) =>
      open(url, { headers: { ...headers(), accept: 'text/event-stream', ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }) } }),
    end: async () => (await fetch(url, { method: 'DELETE', headers: headers() })).status,
  };
}

/** One request of revision 2026-07-28, which has no sessions. */
export function sendModern(url: string, token: string, method: string, params: object = {}, more: Record<string, string> = {}): Promise<Stream> {
  const meta = { ...META, ...(params as { _meta?: object })._meta };
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: { ...params, _meta: meta } });
  const named = params as { readonly name?: string; readonly uri?: string; readonly taskId?: string };
  const name = named.name ?? named.uri ?? named.taskId;
  const headers = {
    ...ACCEPT,
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    'mcp-protocol-version': '2026-07-28',
    'mcp-method': method,
  };
  return open(url, { method: 'POST', body, headers: { ...headers, ...(name === undefined ? {} : { 'mcp-name': name }), ...more } });
}

const META = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientInfo': { name: 'by-hand', version: '1.0.0' },
  'io.modelcontextprotocol/clientCapabilities': {},
};

async function open(url: string, init: RequestInit): Promise<Stream> {
  const abort = new AbortController();
  const response = await fetch(url, { ...init, signal: abort.signal });
  const blocks = readBlocks(response);
  const next = async (): Promise<Block | undefined> => (await blocks.next()).value ?? undefined;
  return {
    status: response.status,
    headers: response.headers,
    next,
    async message() {
      for (let block = await next(); block; block = await next()) if (block.message !== undefined) return block.message;
      throw new Error('the stream ended without a message');
    },
    async rest() {
      const all: Block[] = [];
      for (let block = await next(); block; block = await next()) all.push(block);
      return all;
    },
    drop: () => abort.abort(),
  };
}

async function* readBlocks(response: Response): AsyncGenerator<Block, undefined> {
  if (!(response.headers.get('content-type') ?? '').startsWith('text/event-stream')) {
    const raw = await response.text();
    if (raw !== '') yield { raw, id: undefined, message: JSON.parse(raw) as Message };
    return undefined;
  }
  let pending = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    pending += decoder.decode(chunk as Uint8Array, { stream: true }); // what a fetched body yields
    for (let end = pending.indexOf('\n\n'); end >= 0; end = pending.indexOf('\n\n')) {
      yield readBlock(pending.slice(0, end));
      pending = pending.slice(end + 2);
    }
  }
  return undefined;
}

function readBlock(raw: string): Block {
  const field = (name: string): string | undefined =>
    raw
      .split('\n')
      .find((line) => line.startsWith(`${name}:`))
      ?.slice(name.length + 1)
      .trim();
  const data = field('data');
  return { raw, id: field('id'), message: data === undefined || data === '' ? undefined : (JSON.parse(data) as Message) };
}
