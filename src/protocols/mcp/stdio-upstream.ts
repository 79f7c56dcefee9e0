import { randomUUID } from 'node:crypto';
import { SallyportError } from '../../core/error.ts';
import { member, writeJson, type JsonObject, type JsonValue } from '../../core/json.ts';
import type { Target } from '../../core/target.ts';
import type { ResolvedCredential } from '../../credential/credential.ts';
import { idText, metaOf, type RpcMessage, type RpcRequest } from './codec.ts';
import { Mailbox } from './mailbox.ts';
import { StdioProcess, type StdioLine } from './stdio-process.ts';
import type { Transport, UpstreamCall, UpstreamEvent } from './transport.ts';

const MAX_PROCESSES = 64;
const IDLE_MS = 15 * 60_000;

/**
 * MCP over stdio. A session is a process of its own; callers without sessions (revision 2026-07-28) share one. Ids and
 * progress tokens are rewritten on the way in and restored on the way out, so callers of one process cannot meet.
 */
export function createStdioUpstream(target: Target, credential: () => Promise<ResolvedCredential>): Transport {
  const servers = new Map<string, Server>();

  async function start(key: string): Promise<Server> {
    if (servers.size >= MAX_PROCESSES)
      throw new SallyportError('upstream_unreachable', `the target "${target.name}" has ${MAX_PROCESSES} sessions open, which is its limit`, {
        hint: 'end one, or try again later',
      });
    const resolved = await credential();
    const existing = servers.get(key);
    if (existing) return existing;
    const server = new Server(target, resolved.kind === 'env' ? resolved.env : {}, () => servers.delete(key));
    servers.set(key, server);
    return server;
  }

  return {
    async *send(call) {
      const opening = call.message?.kind === 'request' && call.message.method === 'initialize';
      const key = opening ? randomUUID() : (call.session?.upstreamId ?? 'shared');
      if (call.verb === 'DELETE') {
        await servers.get(key)?.close();
        yield { kind: 'head', status: servers.delete(key) ? 200 : 404, stream: false, sessionId: undefined };
        return;
      }
      const server = servers.get(key) ?? (opening || key === 'shared' ? await start(key) : undefined);
      if (server) yield* server.exchange(call, opening ? key : undefined);
      else yield { kind: 'head', status: 404, stream: false, sessionId: undefined };
    },
    async close() {
      await Promise.all([...servers.values()].map((server) => server.close()));
    },
  };
}

interface Waiting {
  readonly request: RpcRequest;
  readonly token: JsonValue | undefined;
  readonly mailbox: Mailbox<UpstreamEvent>;
}

class Server {
  readonly #process: StdioProcess;
  readonly #waiting = new Map<number, Waiting>();
  readonly #onIdle: () => void;
  #listener: Mailbox<UpstreamEvent> | undefined;
  #nextId = 1;
  #idle: NodeJS.Timeout | undefined;
  #ended: SallyportError | undefined;

  constructor(target: Target, env: ConstructorParameters<typeof StdioProcess>[1], onGone: () => void) {
    this.#onIdle = onGone;
    this.#process = new StdioProcess(target, env, { onLine: (line) => this.#route(line), onEnd: (error) => this.#end(error) });
    this.#touch();
  }

  async *exchange(call: UpstreamCall, sessionId: string | undefined): AsyncIterable<UpstreamEvent> {
    if (this.#ended) throw this.#ended;
    this.#touch();
    const { message, signal } = call;
    if (call.verb === 'GET') yield* this.#listen(signal);
    else if (message?.kind === 'request') yield* this.#ask(message, signal, sessionId);
    else if (message) yield* this.#tell(message);
  }

  async close(): Promise<void> {
    clearTimeout(this.#idle);
    await this.#process.close();
  }

  async *#ask(request: RpcRequest, signal: AbortSignal, sessionId: string | undefined): AsyncIterable<UpstreamEvent> {
    const id = this.#nextId++;
    const mailbox = new Mailbox<UpstreamEvent>(signal);
    const token = member(metaOf(request.params), 'progressToken');
    this.#waiting.set(id, { request, token, mailbox });
    try {
      await this.#process.write(outgoing(request, id, token !== undefined));
      yield { kind: 'head', status: 200, stream: true, sessionId };
      yield* mailbox;
    } finally {
      this.#waiting.delete(id);
      if (signal.aborted) void this.#process.write({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: id } }).catch(() => {});
      this.#touch();
    }
  }

  async *#tell(message: RpcMessage): AsyncIterable<UpstreamEvent> {
    await this.#process.write(this.#rewritten(message));
    yield { kind: 'head', status: 202, stream: false, sessionId: undefined };
  }

  async *#listen(signal: AbortSignal): AsyncIterable<UpstreamEvent> {
    this.#listener?.close();
    this.#listener = new Mailbox(signal);
    yield { kind: 'head', status: 200, stream: true, sessionId: undefined };
    yield* this.#listener;
  }

  /** A cancellation names the caller's id; the server knows another. */
  #rewritten(message: RpcMessage): JsonObject {
    if (message.kind !== 'notification' || message.method !== 'notifications/cancelled') return message.message;
    const wanted = JSON.stringify(member(message.params, 'requestId'));
    for (const [id, { request }] of this.#waiting) {
      if (idText(request.id) === wanted) return { ...message.message, params: { ...message.params, requestId: id } };
    }
    return message.message;
  }

  #route({ message, text }: StdioLine): void {
    this.#touch();
    if (message.kind === 'response') {
      const waiting = typeof message.id === 'number' ? this.#waiting.get(message.id) : undefined;
      if (!waiting) return;
      const restored = { ...message.message, id: waiting.request.id };
      waiting.mailbox.put({ kind: 'message', text: writeJson(restored), message: { ...message, id: waiting.request.id, message: restored }, event: undefined });
      waiting.mailbox.close();
      return;
    }
    const progress = this.#progressOf(message);
    if (progress) return progress.mailbox.put(progress.event);
    // What names no request goes to the stream of the session, else to the caller that is waiting, if there is just one.
    const only = this.#waiting.size === 1 ? [...this.#waiting.values()][0]?.mailbox : undefined;
    (this.#listener?.open ? this.#listener : only)?.put({ kind: 'message', text, message, event: undefined });
  }

  #progressOf(message: RpcMessage): { mailbox: Mailbox<UpstreamEvent>; event: UpstreamEvent } | undefined {
    if (message.kind !== 'notification' || message.method !== 'notifications/progress') return undefined;
    const token = member(message.params, 'progressToken');
    const waiting = typeof token === 'number' ? this.#waiting.get(token) : undefined;
    if (waiting?.token === undefined) return undefined;
    const params = { ...message.params, progressToken: waiting.token };
    const restored = { ...message.message, params };
    return {
      mailbox: waiting.mailbox,
      event: { kind: 'message', text: writeJson(restored), message: { ...message, params, message: restored }, event: undefined },
    };
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
    clearTimeout(this.#idle);
    this.#onIdle();
    for (const { mailbox } of this.#waiting.values()) mailbox.fail(error);
    this.#listener?.close();
  }
}

function outgoing(request: RpcRequest, id: number, hasToken: boolean): JsonObject {
  if (!hasToken) return { ...request.message, id };
  return { ...request.message, id, params: { ...request.params, _meta: { ...metaOf(request.params), progressToken: id } } };
}
