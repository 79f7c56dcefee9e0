import { isJsonObject, member, writeJson, type JsonObject, type JsonValue } from '../../core/json.ts';
import { SallyportError } from '../../core/error.ts';
import type { Masker } from '../../core/masker.ts';
import type { Secret } from '../../core/secret.ts';
import type { Target } from '../../core/target.ts';
import type { ServerWatch } from '../protocol.ts';
import { idText, metaMember, metaOf, type RpcMessage, type RpcNotification, type RpcRequest } from './codec.ts';
import { readableWords } from './last-words.ts';
import { Mailbox } from './mailbox.ts';
import type { McpSession } from './session-id.ts';
import { StdioProcess, type StdioLine } from './stdio-process.ts';
import { empty, type UpstreamCall, type UpstreamEvent } from './transport.ts';

export type Environment = Readonly<Record<string, Secret>>;

const IDLE_MS = 15 * 60_000;

interface Waiting {
  readonly request: RpcRequest;
  readonly token: JsonValue | undefined;
  readonly mailbox: Mailbox<UpstreamEvent>;
}

/** Whoever starts one. */
export interface ServerOptions {
  readonly target: Target;
  readonly env: Environment;
  /** Whose session it is, or for whom it was started; absent: the gateway's own. */
  readonly owner: string | undefined;
  readonly masker: () => Masker;
  readonly watch: ServerWatch | undefined;
  /** It takes nothing more. */
  readonly onGone: () => void;
}

/**
 * One process, and the callers that wait for it. Ids, progress tokens and subscriptions are rewritten on the way in and restored on
 * the way out, so that callers of one process cannot meet.
 */
export class StdioServer {
  readonly owner: string | undefined;
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

  constructor({ target, env, owner, masker, watch, onGone }: ServerOptions) {
    this.owner = owner;
    this.#env = env;
    this.#onIdle = onGone;
    this.#onDeath = (error) =>
      void this.#process
        .lastWords()
        .then((lines) => readableWords(lines, env, masker()))
        // What cannot be masked is not told.
        .catch(() => [])
        .then((lines) => watch?.died(target.name, error.message, lines));
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
      if (signal.aborted) throw new SallyportError('upstream_timeout', 'the call was given up because its caller left');
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
