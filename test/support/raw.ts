/** A modern-era request written by hand, for what no client would send and for replies that no client would show. */

const META = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientInfo': { name: 'raw', version: '1.0.0' },
  'io.modelcontextprotocol/clientCapabilities': {},
};

export interface RawReply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The JSON-RPC message, from a JSON body or from the last event of a stream. */
  readonly message: RawMessage;
}

export interface RawMessage {
  readonly result?: { readonly isError?: boolean; readonly content?: readonly { readonly text?: string }[]; readonly _meta?: Record<string, unknown> };
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
}

export function callRaw(url: string, token: string | undefined, name: string, args: object = {}): Promise<RawReply> {
  return sendRaw(url, token, 'tools/call', { name, arguments: args }, { 'mcp-name': name });
}

export function sendRaw(url: string, token: string | undefined, method: string, params: object = {}, headers: Record<string, string> = {}): Promise<RawReply> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: { ...params, _meta: META } });
  return postRaw(url, token, body, { 'mcp-protocol-version': '2026-07-28', 'mcp-method': method, ...headers });
}

export async function postRaw(url: string, token: string | undefined, body: string, headers: Record<string, string> = {}): Promise<RawReply> {
  const accept = 'application/json, text/event-stream';
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const response = await fetch(url, { method: 'POST', body, headers: { 'content-type': 'application/json', accept, ...authorization, ...headers } });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, message: readMessage(text) };
}

function readMessage(text: string): RawMessage {
  const events = text.split('\n').filter((line) => line.startsWith('data: {'));
  try {
    return JSON.parse(events.at(-1)?.slice(6) ?? text) as RawMessage; // a test that reads what is not there fails by itself
  } catch {
    return {};
  }
}
