import type { IncomingMessage } from 'node:http';
import { JsonNumber, type JsonObject, type JsonValue, member } from '../../core/json.ts';
import { isCleanName, metaMember, type RpcMessage } from './codec.ts';
import { isSupported, MODERN_VERSION, type Era } from './versions.ts';

/** JSON-RPC codes of revision 2026-07-28. */
const HEADER_MISMATCH = -32020;
const UNSUPPORTED_VERSION = -32022;

/** The headers of one request that mean something to MCP, each sent at most once. */
export interface McpHeaders {
  readonly version: string | undefined;
  readonly method: string | undefined;
  readonly name: string | undefined;
  readonly sessionId: string | undefined;
  readonly lastEventId: string | undefined;
  /** `Mcp-Param-*` by lower-case name without the prefix, as sent. */
  readonly params: ReadonlyMap<string, string>;
}

export interface HeaderProblem {
  readonly code: number;
  readonly message: string;
  readonly data?: JsonObject;
}

const SINGLE = new Set([
  'host',
  'authorization',
  'content-type',
  'content-encoding',
  'origin',
  'mcp-protocol-version',
  'mcp-method',
  'mcp-name',
  'mcp-session-id',
  'last-event-id',
]);
const PARAM = 'mcp-param-';

/** The header that was sent more than once where only one can be meant, or undefined. */
export function repeatedHeader(request: IncomingMessage): string | undefined {
  const { rawHeaders } = request;
  const seen: string[] = [];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] ?? '').toLowerCase();
    if (!SINGLE.has(name) && !name.startsWith(PARAM)) continue;
    // A search in a list: there are a hundred headers or so, and most requests have five of these.
    if (seen.includes(name)) return name;
    seen.push(name);
  }
  return undefined;
}

export function readHeaders(request: IncomingMessage): McpHeaders {
  const { headers } = request;
  const params = new Map<string, string>();
  for (const name of Object.keys(headers)) {
    const value = headers[name];
    if (name.startsWith(PARAM) && typeof value === 'string') params.set(name.slice(PARAM.length), value);
  }
  return {
    version: text(headers['mcp-protocol-version']),
    method: text(headers['mcp-method']),
    name: text(headers['mcp-name']),
    sessionId: text(headers['mcp-session-id']),
    lastEventId: text(headers['last-event-id']),
    params,
  };
}

/** The body decides: one that names a version in `_meta` is modern whatever the headers say. */
export function eraOf(message: RpcMessage, headers: McpHeaders): Era {
  if (message.kind !== 'response' && metaMember(message.params, 'protocolVersion') !== undefined) return 'modern';
  return headers.version === MODERN_VERSION ? 'modern' : 'legacy';
}

/** Headers of a modern request against its body: missing, different or unreadable is a mismatch. */
export function checkModern(message: RpcMessage, headers: McpHeaders): HeaderProblem | undefined {
  if (message.kind === 'response') return { code: -32600, message: 'this revision has no responses from clients' };
  const version = metaMember(message.params, 'protocolVersion');
  if (headers.version === undefined) return mismatch('MCP-Protocol-Version is missing');
  if (version === undefined && message.kind === 'notification') return checkMethod(message, headers);
  if (version === undefined) return { code: -32602, message: 'invalid params: _meta names no protocol version' };
  if (version !== headers.version) return mismatch('MCP-Protocol-Version and _meta name different versions');
  if (version !== MODERN_VERSION) return unsupported(headers.version);
  return checkMethod(message, headers);
}

/** A legacy request names a version that exists, or none. */
export function checkLegacy(headers: McpHeaders): HeaderProblem | undefined {
  if (headers.version === undefined || isSupported(headers.version)) return undefined;
  return { code: -32600, message: 'bad request: unsupported MCP-Protocol-Version' };
}

/** `Mcp-Param-*` against the arguments that the tool's schema marks with `x-mcp-header`. */
export function checkParams(marked: ReadonlyMap<string, readonly string[]>, args: JsonValue, headers: McpHeaders): HeaderProblem | undefined {
  for (const [name, path] of marked) {
    const sent = headers.params.get(name);
    const wanted = scalarText(valueAt(args, path));
    if (sent === undefined && wanted === undefined) continue;
    if (sent === undefined) return mismatch(`Mcp-Param-${name} is missing`);
    if (wanted === undefined || decodeHeader(sent) !== wanted) return mismatch(`Mcp-Param-${name} and the argument differ`);
  }
  return undefined;
}

/** `Mcp-Param-*` that travel on although no schema marks them: a target may act on them all the same. Undefined where there are none. */
export function undeclaredParams({ params }: McpHeaders, marked: ReadonlyMap<string, unknown> = NONE): JsonObject | undefined {
  if (params.size === 0) return undefined;
  const stray = [...params].filter(([name]) => !marked.has(name));
  return stray.length === 0 ? undefined : Object.fromEntries(stray);
}

const NONE: ReadonlyMap<string, unknown> = new Map();

/** A header value, decoded from `=?base64?...?=` where it is wrapped so; undefined where it cannot be read. */
export function decodeHeader(value: string): string | undefined {
  const wrapped = /^=\?base64\?(.*)\?=$/is.exec(value)?.[1];
  if (wrapped === undefined) return isCleanName(value) ? value : undefined;
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(wrapped)) return undefined;
  const bytes = Buffer.from(wrapped, 'base64');
  if (bytes.toString('base64').replace(/=+$/, '') !== wrapped.replace(/=+$/, '')) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function checkMethod(message: Exclude<RpcMessage, { kind: 'response' }>, headers: McpHeaders): HeaderProblem | undefined {
  if (headers.method === undefined) return message.kind === 'request' ? mismatch('Mcp-Method is missing') : undefined;
  if (decodeHeader(headers.method) !== message.method) return mismatch('Mcp-Method and the body name different methods');
  const named = nameIn(message);
  if (named === undefined) return undefined;
  if (headers.name === undefined) return mismatch('Mcp-Name is missing');
  if (decodeHeader(headers.name) !== named) return mismatch('Mcp-Name and the body name different things');
  return undefined;
}

/** What `Mcp-Name` must repeat, for the methods that have it. */
export function nameIn(message: Exclude<RpcMessage, { kind: 'response' }>): JsonValue | undefined {
  const { method, params } = message;
  if (method === 'tools/call' || method === 'prompts/get') return member(params, 'name');
  if (method === 'resources/read') return member(params, 'uri');
  if (/^tasks\/(?:get|update|cancel)$/.test(method)) return member(params, 'taskId');
  return undefined;
}

function mismatch(message: string): HeaderProblem {
  return { code: HEADER_MISMATCH, message: `header mismatch: ${message}` };
}

function unsupported(requested: string): HeaderProblem {
  return { code: UNSUPPORTED_VERSION, message: 'unsupported protocol version', data: { supported: [MODERN_VERSION], requested } };
}

export function valueAt(value: JsonValue, path: readonly string[]): JsonValue | undefined {
  let at: JsonValue | undefined = value;
  for (const key of path) at = member(at, key);
  return at;
}

/** Only primitives travel in headers; null and absent do not. */
export function scalarText(value: JsonValue | undefined): string | undefined {
  if (value instanceof JsonNumber) return value.text;
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}

function text(value: string | string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
