import { isSallyportError, SallyportError } from '../../core/error.ts';
import { decodeUtf8, isJsonArray, isJsonObject, JsonNumber, member, parseJson, type JsonObject, type JsonValue } from '../../core/json.ts';

/** A JSON-RPC id with its source text: `1`, `"1"` and `9007199254740993` are three different ids. */
export type RpcId = string | number | JsonNumber;

export interface RpcRequest {
  readonly kind: 'request';
  readonly id: RpcId;
  readonly method: string;
  readonly params: JsonObject;
  readonly message: JsonObject;
}

export interface RpcNotification {
  readonly kind: 'notification';
  readonly method: string;
  readonly params: JsonObject;
  readonly message: JsonObject;
}

export interface RpcResponse {
  readonly kind: 'response';
  readonly id: RpcId | null;
  readonly error: boolean;
  readonly message: JsonObject;
}

export type RpcMessage = RpcRequest | RpcNotification | RpcResponse;

/** What the body of one POST held. */
export interface RpcBody {
  readonly batch: boolean;
  readonly messages: readonly RpcMessage[];
}

/** Keys that the protocol defines in one place, and how they look folded. */
interface Defined {
  readonly exact: ReadonlySet<string>;
  readonly folded: ReadonlySet<string>;
}

const ENVELOPE = defined(['jsonrpc', 'id', 'method', 'params', 'result', 'error']);
/** Members of `params` that decide what runs or where; a look-alike of one is refused. */
const PARAMS = defined([
  'name',
  'arguments',
  'uri',
  'cursor',
  '_meta',
  'ref',
  'argument',
  'level',
  'requestState',
  'inputResponses',
  'taskId',
  'task',
  'protocolVersion',
]);
const META_PREFIX = 'io.modelcontextprotocol/';
/** Put together once: a name that is made anew for each message has to be looked up anew, too. */
const META_NAMES = {
  protocolVersion: `${META_PREFIX}protocolVersion`,
  clientInfo: `${META_PREFIX}clientInfo`,
  clientCapabilities: `${META_PREFIX}clientCapabilities`,
  logLevel: `${META_PREFIX}logLevel`,
  subscriptionId: `${META_PREFIX}subscriptionId`,
} as const;
const META = defined(['progressToken', ...Object.values(META_NAMES)]);
const EMPTY: JsonObject = {};

/** Bytes of a request body as JSON-RPC. Throws `json_invalid`, `json_ambiguous` or `limit_exceeded`. */
export function readBody(bytes: Uint8Array, depth: number): RpcBody {
  const value = parseJson(decodeUtf8(bytes), { depth });
  if (!isJsonArray(value)) return { batch: false, messages: [readMessage(value)] };
  if (value.length === 0 || value.length > 100) throw ambiguous('a batch has 1 to 100 messages');
  return { batch: true, messages: value.map(readMessage) };
}

/** One parsed value as a JSON-RPC message of MCP: ids are strings or integers, `params` an object. */
export function readMessage(value: JsonValue): RpcMessage {
  if (!isJsonObject(value)) throw ambiguous('a JSON-RPC message is an object');
  refuseLookAlikes(value, ENVELOPE);
  if (member(value, 'jsonrpc') !== '2.0') throw ambiguous('"jsonrpc" must be "2.0"');
  const method = member(value, 'method');
  if (method === undefined) return readResponse(value);
  if (typeof method !== 'string' || !isCleanName(method) || method === '' || method.length > 256) throw ambiguous('"method" must be a clean string');
  if (Object.hasOwn(value, 'result') || Object.hasOwn(value, 'error')) throw ambiguous('a message is a request or a response, not both');
  const params = readParams(value);
  if (!Object.hasOwn(value, 'id')) return { kind: 'notification', method, params, message: value };
  return { kind: 'request', id: readId(value), method, params, message: value };
}

/** JSON-RPC code for what `readBody` threw: -32700 where it is not JSON, else -32600. */
export function rpcCodeOf(error: unknown): number {
  return isSallyportError(error, 'json_invalid') ? -32700 : -32600;
}

/** The id as it stood in the message. */
export function idText(id: RpcId | null): string {
  return JSON.stringify(id);
}

export function metaOf(params: JsonObject): JsonObject {
  const meta = member(params, '_meta');
  return isJsonObject(meta) ? meta : EMPTY;
}

export function metaMember(params: JsonObject, name: keyof typeof META_NAMES): JsonValue | undefined {
  return member(metaOf(params), META_NAMES[name]);
}

/** No NUL or other control character, no lone surrogate: a name means the same to every reader. */
export function isCleanName(text: string): boolean {
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  return text.isWellFormed() && !/[\u0000-\u001f\u007f]/.test(text);
}

function readResponse(value: JsonObject): RpcResponse {
  const hasResult = Object.hasOwn(value, 'result');
  const hasError = Object.hasOwn(value, 'error');
  if (hasResult === hasError) throw ambiguous('a message needs "method", or exactly one of "result" and "error"');
  const id = hasError && member(value, 'id') === null ? null : readId(value);
  return { kind: 'response', id, error: hasError, message: value };
}

function readId(value: JsonObject): RpcId {
  const id = member(value, 'id');
  if (typeof id === 'string' && id.length <= 1024) return id;
  if (typeof id === 'number' && Number.isInteger(id)) return id;
  if (id instanceof JsonNumber && /^-?\d{1,64}$/.test(id.text)) return id;
  throw ambiguous('"id" must be a string or an integer');
}

function readParams(value: JsonObject): JsonObject {
  const params = member(value, 'params');
  if (params === undefined) return EMPTY;
  if (!isJsonObject(params)) throw ambiguous('"params" must be an object');
  refuseLookAlikes(params, PARAMS);
  const meta = member(params, '_meta');
  if (meta !== undefined && !isJsonObject(meta)) throw ambiguous('"_meta" must be an object');
  if (meta !== undefined) refuseLookAlikes(meta, META);
  for (const key of ['name', 'uri', 'taskId']) {
    const name = member(params, key);
    if (typeof name === 'string' && !isCleanName(name)) throw ambiguous(`"${key}" holds a control character or a lone surrogate`);
  }
  return params;
}

function defined(keys: readonly string[]): Defined {
  return { exact: new Set(keys), folded: new Set(keys.map(fold)) };
}

/** Some readers match keys without regard to case or form; to them `Name` and `name` are one. */
function refuseLookAlikes(object: JsonObject, { exact, folded }: Defined): void {
  for (const key of Object.keys(object)) {
    if (exact.has(key) || !folded.has(fold(key))) continue;
    throw ambiguous(`the key ${JSON.stringify(key.slice(0, 80))} looks like one that the protocol defines`);
  }
}

/** Case, compatibility forms, and characters that a C reader stops at or skips. */
function fold(key: string): string {
  // Most keys are written as they fold.
  if (/^[a-z0-9_]*$/.test(key)) return key;
  return key
    .normalize('NFKC')
    .toLowerCase()
    .split('\0', 1)
    .join('')
    .replace(/[\p{Cf}\p{Cc}\s]/gu, '')
    .replace(/ı/g, 'i');
}

function ambiguous(message: string): SallyportError {
  return new SallyportError('json_ambiguous', message);
}
