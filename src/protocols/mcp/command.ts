import { makeCommand, type Command, type CommandParts } from '../../core/command.ts';
import { isJsonArray, isJsonObject, member, type JsonObject, type JsonValue } from '../../core/json.ts';
import type { RpcMessage, RpcNotification, RpcRequest } from './codec.ts';
import type { Tool } from './tools.ts';
import { readUri } from './uri.ts';
import type { Era } from './versions.ts';

/** What every client does to be a client at all: whoever may reach the target may do these, unless a rule denies one. */
const HANDSHAKE = new Set([
  'initialize',
  'server/discover',
  'ping',
  'logging/setLevel',
  'notifications/initialized',
  'notifications/cancelled',
  'notifications/progress',
  'notifications/roots/list_changed',
]);

/** Methods whose policy name is the method and what it is about. */
export const NAMED: Readonly<Record<string, string>> = {
  'tools/call': 'name',
  'prompts/get': 'name',
  'resources/read': 'uri',
  'resources/subscribe': 'uri',
  'resources/unsubscribe': 'uri',
};

const PLAIN = new Set([
  'tools/list',
  'resources/list',
  'resources/templates/list',
  'prompts/list',
  'completion/complete',
  'subscriptions/listen',
  'tasks/list',
  'tasks/get',
  'tasks/result',
  'tasks/cancel',
  'tasks/update',
  ...Object.keys(NAMED),
]);

/** Members of `params` that are no arguments: what the client says of itself, and what it adds to a call that is under way. */
const ATTENDANT = new Set(['_meta', 'requestState', 'inputResponses']);

/** What a caller adds to a call that is under way (revision 2026-07-28), and what of it a target could act on. */
const INPUT = ['inputResponses', 'requestState'] as const;

const SHELL_PATTERN = /[;&|`]\s*\w|\$\(|\$\{|[<>]\s*\/|\|\s*(?:sh|bash)\b/;

/** Requests that a server makes of its client. A rule has to name them literally. */
export const SERVER_REQUESTS = new Set(['sampling/createMessage', 'elicitation/create', 'roots/list']);

/** Revision 2026-07-28 took these away: there they are as unknown as any other word. */
const LEGACY_ONLY = new Set([
  'initialize',
  'ping',
  'logging/setLevel',
  'notifications/initialized',
  'notifications/roots/list_changed',
  'resources/subscribe',
  'resources/unsubscribe',
  'tasks/result',
  'tasks/list',
]);

export function isKnown(method: string, era: Era): boolean {
  if (era === 'modern' && LEGACY_ONLY.has(method)) return false;
  return HANDSHAKE.has(method) || PLAIN.has(method);
}

/** What is known of a message beside itself. */
export interface About {
  /** The pinned definition of the tool that it calls. */
  readonly tool?: Tool | undefined;
  readonly objection?: string | undefined;
  /** Headers that travel on and that no definition declares. */
  readonly headers?: JsonObject | undefined;
}

/** A request or notification of the caller as a Command. */
export function commandOf(message: RpcRequest | RpcNotification, era: Era, { tool, objection, headers }: About = {}): Command {
  const { method, params } = message;
  const input = inputOf(params, headers);
  const name = commandName(method, params);
  const flags = flagsOf(method, params);
  return makeCommand({
    protocol: 'mcp',
    name,
    naming: namingOf(message, era),
    effects: effectsOf(name, method, params),
    arguments: method === 'tools/call' ? (member(params, 'arguments') ?? {}) : deciding(params),
    traits: tool ? traitsOf(tool) : method === 'tools/call' ? {} : { readOnly: true },
    flags: tool?.flags ? [...flags, ...tool.flags] : flags,
    definition: tool?.hash ?? '',
    ...(input ? { input } : {}),
    ...(tool?.quarantine ? { quarantine: tool.quarantine } : {}),
    ...(objection === undefined ? {} : { objection }),
  });
}

function namingOf({ method, params }: RpcRequest | RpcNotification, era: Era): Command['naming'] {
  if (!isKnown(method, era)) return 'literal';
  // Changes of lists are heard by whoever may reach the target; what a subscription names is decided.
  if (method === 'subscriptions/listen' && subscribedUris(params).length === 0) return 'handshake';
  return HANDSHAKE.has(method) ? 'handshake' : 'plain';
}

/** What else has to be allowed: a completion gives away what it completes, a subscription what it watches, a URI what it says when it is read. */
function effectsOf(name: string, method: string, params: JsonObject): readonly string[] {
  if (method === 'tools/call') return [name];
  const read = (uri: string, as = 'resources/read'): string[] => [...new Set([uri, readUri(uri)])].map((spelling) => `${as} ${spelling}`);
  if (method === 'subscriptions/listen') return [name, ...subscribedUris(params).flatMap((uri) => read(uri))];
  const own = member(params, 'uri');
  if (method.startsWith('resources/') && typeof own === 'string') return read(own, method);
  if (method !== 'completion/complete') return [name];
  const ref = member(params, 'ref');
  const uri = member(ref, 'uri');
  const prompt = member(ref, 'name');
  if (typeof uri === 'string') return [name, ...read(uri)];
  return typeof prompt === 'string' ? [name, `prompts/get ${prompt}`] : [name];
}

/** The URIs that a message is about, wherever its method has them. */
export function urisOf({ method, params }: RpcRequest | RpcNotification): readonly JsonValue[] {
  if (method === 'completion/complete') return [member(member(params, 'ref'), 'uri')].filter((uri) => uri !== undefined);
  if (method === 'subscriptions/listen') {
    const uris = member(member(params, 'notifications'), 'resourceSubscriptions') ?? [];
    return isJsonArray(uris) ? uris : [uris];
  }
  return /^resources\/(?:read|subscribe|unsubscribe)$/.test(method) ? [member(params, 'uri') ?? null] : [];
}

function subscribedUris(params: JsonObject): readonly string[] {
  const uris = member(member(params, 'notifications'), 'resourceSubscriptions');
  return isJsonArray(uris) ? uris.filter((uri) => typeof uri === 'string') : [];
}

/** What a server asks of its client, as a Command that is decided like any other. */
export function serverCommand(method: string, params: JsonObject): Command {
  const naming = method === 'ping' ? 'handshake' : 'literal';
  const parts: CommandParts = { protocol: 'mcp', name: serverCommandName(method, params), naming, arguments: deciding(params) };
  return makeCommand(method === 'elicitation/create' && asksForSecret(params) ? { ...parts, objection: 'a form may not ask for secrets' } : parts);
}

/** A page to open is named with its address: `elicitation/create https://auth.example.com/connect`. */
function serverCommandName(method: string, params: JsonObject): string {
  if (method !== 'elicitation/create' || member(params, 'mode') !== 'url') return method;
  const url = member(params, 'url');
  return `${method} ${typeof url === 'string' && URL.canParse(url) ? new URL(url).href : 'unreadable'}`;
}

const SECRET_FIELD = /passw|passphrase|secret|api[\s_-]?key|token|credential|private[\s_-]?key|\bpin\b|\botp\b/i;

/** The specification forbids a form that asks for secrets; its fields say so by name or title. */
function asksForSecret(params: JsonObject): boolean {
  const fields = member(member(params, 'requestedSchema'), 'properties');
  if (!isJsonObject(fields)) return false;
  return Object.entries(fields).some(([name, field]) => [name, member(field, 'title')].some((text) => typeof text === 'string' && SECRET_FIELD.test(text)));
}

/** Commands of the transport itself: the stream of a session, its end, an answer to the server. */
export function transportCommand(name: 'stream/listen' | 'session/end' | 'answer', args: JsonObject = {}): Command {
  return makeCommand({ protocol: 'mcp', name, naming: 'handshake', arguments: args, traits: { readOnly: true } });
}

export function toolCommand(tool: Tool): Command {
  return makeCommand({ protocol: 'mcp', name: `tools/call ${tool.name}`, naming: 'plain', arguments: {}, traits: traitsOf(tool), definition: tool.hash });
}

/** The name by which rules know it: `tools/call run_model`, `resources/read file:///x`. */
function commandName(method: string, params: JsonObject): string {
  const key = Object.hasOwn(NAMED, method) ? NAMED[method] : undefined;
  const about = key === undefined ? undefined : member(params, key);
  return typeof about === 'string' ? `${method} ${about}` : method;
}

function deciding(params: JsonObject): JsonValue {
  return Object.fromEntries(Object.entries(params).filter(([key]) => !ATTENDANT.has(key)));
}

function traitsOf(tool: Tool): Command['traits'] {
  // A server's own words may raise the risk and never lower it: a read-only hint is not taken.
  if (!tool.destructive && !tool.openWorld) return {};
  return { ...(tool.destructive ? { destructive: true } : {}), ...(tool.openWorld ? { openWorld: true } : {}) };
}

/** Undefined for nearly every message. Answers that differ are another command; so is another state, since the target may keep anything in it. */
function inputOf(params: JsonObject, headers: JsonObject | undefined): JsonObject | undefined {
  if (headers === undefined && !INPUT.some((key) => Object.hasOwn(params, key))) return undefined;
  const given = INPUT.flatMap((key): [string, JsonValue][] => (Object.hasOwn(params, key) ? [[key, params[key] ?? null]] : []));
  return Object.fromEntries([...given, ...(headers ? [['headers', headers] as const] : [])]);
}

function flagsOf(method: string, params: JsonObject): string[] {
  if (method !== 'tools/call') return [];
  const given = ['arguments', 'inputResponses'].map((key) => member(params, key) ?? null);
  return anyString(given, (text) => SHELL_PATTERN.test(text)) ? ['command-injection-pattern'] : [];
}

function anyString(value: JsonValue, test: (text: string) => boolean): boolean {
  if (typeof value === 'string') return test(value);
  if (isJsonArray(value)) return value.some((each) => anyString(each, test));
  return isJsonObject(value) && Object.values(value).some((each) => anyString(each, test));
}

/**
 * Why this message cannot be meant as it is: a request method without an id would run with nobody to hear of it, a
 * resource whose URI two readers could take for two things.
 */
export function formProblem(message: RpcMessage, era: Era): string | undefined {
  if (message.kind === 'response') return undefined;
  const isNotification = message.method.startsWith('notifications/');
  if (message.kind === 'notification' && !isNotification) return `"${message.method}" needs an id`;
  if (message.kind === 'request' && isNotification) return `"${message.method}" takes no id`;
  const key = Object.hasOwn(NAMED, message.method) && isKnown(message.method, era) ? NAMED[message.method] : undefined;
  if (key !== undefined && typeof member(message.params, key) !== 'string') return `"${message.method}" needs params.${key}`;
  const args = member(message.params, 'arguments');
  if (args !== undefined && !isJsonObject(args)) return '"arguments" must be an object';
  return undefined;
}
