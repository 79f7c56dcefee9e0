import { randomUUID } from 'node:crypto';
import { SallyportError } from '../../core/error.ts';
import { isJsonObject, member, writeJson, type JsonObject, type JsonValue } from '../../core/json.ts';
import type { Target } from '../../core/target.ts';
import { knownValues } from '../../masking/known-values.ts';
import type { ServerWatch } from '../protocol.ts';
import { idText, metaMember, metaOf, type RpcMessage, type RpcNotification, type RpcRequest } from './codec.ts';
import { rpcError } from './errors.ts';
import { Mailbox } from './mailbox.ts';
import type { McpSession } from './session-id.ts';
import { StdioProcess, type StdioLine } from './stdio-process.ts';
import type { ReadCredential, Transport, UpstreamCall, UpstreamEvent } from './transport.ts';
import { MODERN_VERSION } from './versions.ts';

type Environment = ConstructorParameters<typeof StdioProcess>[1];

const MAX_PROCESSES = 64;
const IDLE_MS = 15 * 60_000;

/**
 * MCP over stdio. A session is a process of its own; without sessions (revision 2026-07-28) each subject has one. Ids,
 * progress tokens and subscriptions are rewritten on the way in and restored on the way out, so callers of one process
 * cannot meet.
 */
export function createStdioUpstream(target: Target, credential: ReadCredential, watch?: ServerWatch): Transport {
  const servers = new Map<string, Server>();
  /** Their credential was rotated: they finish what they have in hand. */
  const retiring = new Set<Server>();

  async function start(key: string, call: UpstreamCall): Promise<Server> {
    if (servers.size >= MAX_PROCESSES)
      throw new SallyportError('upstream_unreachable', `the target "${target.name}" has ${MAX_PROCESSES} sessions open, which is its limit`, {
        hint: 'end one, or try again later',
      });
    const env = await environment(call);
    const existing = servers.get(key);
    if (existing) return existing;
    const gone = (): void => {
      if (servers.get(key) === server) servers.delete(key);
      retiring.delete(server);
    };
    const server = new Server(target, env, gone, watch);
    servers.set(key, server);
    return server;
  }

  async function environment(call: UpstreamCall): Promise<Environment> {
    const resolved = await credential(call);
    return resolved.kind === 'env' ? resolved.env : {};
  }

  /** A session goes on with its process alone, unless the credential of that is no longer the one to use: then it is over, and the next has another. */
  async function find(key: string, call: UpstreamCall): Promise<Server | undefined> {
    const known = servers.get(key);
    if (!known || !target.credential || known.isOf(await environment(call))) return known;
    servers.delete(key);
    retiring.add(known);
    known.retire();
    return undefined;
  }

  async function* exchange(call: UpstreamCall, key: string, session: 'opening' | 'going-on'): AsyncIterable<UpstreamEvent> {
    const server = (await find(key, call)) ?? (session === 'opening' || !call.session ? await start(key, call) : undefined);
    if (server) yield* server.exchange(call, session === 'opening' ? key : undefined);
    else yield empty(404);
  }

  return {
    async *send(call) {
      const opening = call.message?.kind === 'request' && call.message.method === 'initialize';
      const stateless = call.headers['mcp-protocol-version'] === MODERN_VERSION;
      const key = opening ? randomUUID() : (call.session?.upstreamId ?? (stateless ? `of ${call.owner ?? ''}` : undefined));
      if (key === undefined) yield* withoutSession(call);
      else if (call.verb === 'DELETE') yield* end(servers.get(key));
      else yield* exchange(call, key, opening ? 'opening' : 'going-on');
    },
    async close() {
      await Promise.all([...servers.values(), ...retiring].map((server) => server.close()));
    },
  };
}

const empty = (status: number): UpstreamEvent => ({ kind: 'head', status, stream: false, sessionId: undefined });

async function* end(server: Server | undefined): AsyncIterable<UpstreamEvent> {
  await server?.close();
  yield empty(server ? 200 : 404);
}

/** Before revision 2026-07-28 only `initialize` has no session yet. */
async function* withoutSession({ message }: UpstreamCall): AsyncIterable<UpstreamEvent> {
  yield empty(400);
  if (message?.kind !== 'request') return;
  const refused = rpcError(message.id, -32600, 'bad request: Mcp-Session-Id is needed');
  yield { kind: 'message', text: writeJson(refused), message: { kind: 'response', id: message.id, error: true, message: refused }, event: undefined };
}

interface Waiting {
  readonly request: RpcRequest;
  readonly token: JsonValue | undefined;
  readonly mailbox: Mailbox<UpstreamEvent>;
}

class Server {
  readonly #process: StdioProcess;
  readonly #env: Environment;
  readonly #waiting = new Map<number, Waiting>();
  readonly #onIdle: () => void;
  readonly #onDeath: (error: SallyportError) => void;
  #closing = false;
  #retired = false;
  #listener: Mailbox<UpstreamEvent> | undefined;
  #nextId = 1;
  #idle: NodeJS.Timeout | undefined;
  #ended: SallyportError | undefined;

  constructor(target: Target, env: Environment, onGone: () => void, watch?: ServerWatch) {
    this.#env = env;
    this.#onIdle = onGone;
    this.#onDeath = (error) => void this.#process.lastWords().then((lines) => watch?.died(target.name, error.message, withoutSecrets(lines, env)));
    watch?.started(target.name);
    this.#process = new StdioProcess(target, env, { onLine: (line) => this.#route(line), onEnd: (error) => this.#end(error) });
    this.#touch();
  }

  async *exchange(call: UpstreamCall, sessionId: string | undefined): AsyncIterable<UpstreamEvent> {
    if (this.#ended) throw this.#ended;
    this.#touch();
    const { message, signal } = call;
    if (call.verb === 'GET') yield* this.#listen(signal);
    else if (message?.kind === 'request') yield* this.#ask(message, call, sessionId);
    else if (message) yield* this.#tell(message, call.session);
  }

  /** Whether it was started with this environment. */
  isOf(env: Environment): boolean {
    const names = Object.keys(env);
    return names.length === Object.keys(this.#env).length && names.every((name) => env[name]?.reveal() === this.#env[name]?.reveal());
  }

  /** Ends it when nobody waits for it. */
  retire(): void {
    this.#retired = true;
    this.#endIfDone();
  }

  #endIfDone(): void {
    if (!this.#retired || this.#waiting.size > 0) return;
    this.#listener?.close();
    void this.close();
  }

  async close(): Promise<void> {
    this.#closing = true;
    clearTimeout(this.#idle);
    await this.#process.close();
  }

  async *#ask(request: RpcRequest, { signal, trace }: UpstreamCall, sessionId: string | undefined): AsyncIterable<UpstreamEvent> {
    const id = this.#nextId++;
    const mailbox = new Mailbox<UpstreamEvent>(signal);
    const token = member(metaOf(request.params), 'progressToken');
    this.#waiting.set(id, { request, token, mailbox });
    try {
      await this.#process.write(outgoing(request, id, { ...(token === undefined ? {} : { progressToken: id }), ...trace }));
      yield { kind: 'head', status: 200, stream: true, sessionId };
      yield* mailbox;
    } finally {
      this.#waiting.delete(id);
      this.#endIfDone();
      if (signal.aborted) void this.#process.write({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: id } }).catch(() => {});
      this.#touch();
    }
  }

  async *#tell(message: RpcMessage, session: McpSession | undefined): AsyncIterable<UpstreamEvent> {
    const known = isCancellation(message) ? this.#cancellation(message, session) : message.message;
    if (known) await this.#process.write(known);
    yield empty(202);
  }

  async *#listen(signal: AbortSignal): AsyncIterable<UpstreamEvent> {
    this.#listener?.close();
    this.#listener = new Mailbox(signal);
    yield { kind: 'head', status: 200, stream: true, sessionId: undefined };
    yield* this.#listener;
  }

  /** A cancellation names the caller's id; the server knows another. Without a session, hanging up is how a caller cancels: ids of several may be alike. */
  #cancellation(message: RpcNotification, session: McpSession | undefined): JsonObject | undefined {
    const wanted = JSON.stringify(member(message.params, 'requestId'));
    const found = session && [...this.#waiting].find(([, { request }]) => idText(request.id) === wanted);
    return found && { ...message.message, params: { ...message.params, requestId: found[0] } };
  }

  #route({ message, text }: StdioLine): void {
    this.#touch();
    if (message.kind === 'response') {
      const waiting = typeof message.id === 'number' ? this.#waiting.get(message.id) : undefined;
      if (!waiting) return;
      const { id } = waiting.request;
      const restored = { ...withSubscription(message.message, 'result', id), id };
      waiting.mailbox.put({ kind: 'message', text: writeJson(restored), message: { ...message, id, message: restored }, event: undefined });
      waiting.mailbox.close();
      return;
    }
    if (message.kind === 'notification' && message.method === 'notifications/progress') return this.#progress(message);
    const subscription = metaMember(message.params, 'subscriptionId');
    if (message.kind === 'notification' && subscription !== undefined) return this.#subscribed(message, subscription);
    // What names no request goes to the stream of the session, else to the caller that is waiting, if there is just one.
    const only = this.#waiting.size === 1 ? [...this.#waiting.values()][0]?.mailbox : undefined;
    (this.#listener?.open ? this.#listener : only)?.put({ kind: 'message', text, message, event: undefined });
  }

  /** For the request whose token it carries; progress of what has ended goes nowhere. */
  #progress(message: RpcNotification): void {
    const token = member(message.params, 'progressToken');
    const waiting = typeof token === 'number' ? this.#waiting.get(token) : undefined;
    if (waiting?.token === undefined) return;
    const params = { ...message.params, progressToken: waiting.token };
    waiting.mailbox.put(notificationEvent({ ...message, params, message: { ...message.message, params } }));
  }

  /** For the listener whose subscription it is. */
  #subscribed(message: RpcNotification, subscription: JsonValue): void {
    const waiting = typeof subscription === 'number' ? this.#waiting.get(subscription) : undefined;
    if (!waiting) return;
    const restored = withSubscription(message.message, 'params', waiting.request.id);
    waiting.mailbox.put(notificationEvent({ ...message, message: restored }));
  }

  #touch(): void {
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => {
      if (this.#waiting.size > 0 || this.#listener?.open) return this.#touch();
      this.#onIdle();
      void this.close();
    }, IDLE_MS);
    this.#idle.unref();
  }

  #end(error: SallyportError): void {
    this.#ended = error;
    if (!this.#closing) this.#onDeath(error);
    clearTimeout(this.#idle);
    this.#onIdle();
    for (const { mailbox } of this.#waiting.values()) mailbox.fail(error);
    this.#listener?.close();
  }
}

/** A server may print its environment when it fails. */
function withoutSecrets(lines: readonly string[], env: Environment): readonly string[] {
  const secrets = knownValues(Object.values(env).map((secret) => secret.reveal()));
  // Of a text it makes a text.
  return lines.map((line) => secrets.remove(line, line) as string);
}

function isCancellation(message: RpcMessage): message is RpcNotification {
  return message.kind === 'notification' && message.method === 'notifications/cancelled';
}

function notificationEvent(message: RpcNotification): UpstreamEvent {
  return { kind: 'message', text: writeJson(message.message), message, event: undefined };
}

/** A subscription is named by the id of the request that began it. */
function withSubscription(message: JsonObject, part: 'params' | 'result', id: RpcRequest['id']): JsonObject {
  const body = member(message, part);
  const meta = member(body, '_meta');
  if (!isJsonObject(body) || !isJsonObject(meta) || !Object.hasOwn(meta, SUBSCRIPTION)) return message;
  return { ...message, [part]: { ...body, _meta: { ...meta, [SUBSCRIPTION]: id } } };
}

const SUBSCRIPTION = 'io.modelcontextprotocol/subscriptionId';

/** What is the hop's own (id, progress token, trace) is written for this hop; everything else is the caller's. */
function outgoing(request: RpcRequest, id: number, meta: JsonObject): JsonObject {
  if (Object.keys(meta).length === 0) return { ...request.message, id };
  return { ...request.message, id, params: { ...request.params, _meta: { ...metaOf(request.params), ...meta } } };
}
