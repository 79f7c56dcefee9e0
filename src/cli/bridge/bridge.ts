/**
 * An MCP client that speaks over standard input and output, and a target behind the gateway: what each says reaches the other.
 * Owns the session, tokens and streams that such a client knows nothing of. Messages travel as they are.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { SallyportError } from '../../core/error.ts';
import { isJsonArray, member, parseJson, writeJson, type JsonValue } from '../../core/json.ts';
import { idText, metaMember, readMessage, type RpcMessage, type RpcNotification, type RpcRequest } from '../../protocols/mcp/codec.ts';
import { modernHeaders } from '../../protocols/mcp/write-headers.ts';
import { createClientLines, jsonOrNull, type ClientLines, type ClientLinesOptions } from './client-lines.ts';
import type { Endpoint, Sent } from './endpoint.ts';
import { readLines } from './lines.ts';
import { LegacySession } from './legacy-session.ts';
import { createRelay, type Relay } from './relay.ts';
import { ToolHeaders } from './tool-headers.ts';

export interface BridgeOptions extends ClientLinesOptions {
  readonly endpoint: Endpoint;
  readonly input: AsyncIterable<Uint8Array>;
  /** Ends it, as the end of the input does. */
  readonly signal?: AbortSignal;
}

/** Clients give a server two seconds between the end of its input and a signal. */
const LAST_ANSWERS_MS = 1_500;
const MAX_LINE_BYTES = 8 << 20;

/** Resolves when the input has ended and the session is closed. */
export async function runBridge(options: BridgeOptions): Promise<void> {
  const bridge = new Bridge(options);
  const lines = readLines(options.input, MAX_LINE_BYTES)[Symbol.asyncIterator]();
  const stopped = new Promise<IteratorReturnResult<undefined>>((resolve) => {
    options.signal?.addEventListener('abort', () => resolve({ done: true, value: undefined }), { once: true });
  });
  try {
    for (;;) {
      const next = await Promise.race([lines.next(), stopped]);
      if (next.done) break;
      await bridge.take(next.value);
    }
  } finally {
    await bridge.close();
  }
}

interface UnderWay {
  readonly request: RpcRequest;
  readonly modern: boolean;
  readonly stop: AbortController;
}

class Bridge {
  readonly #endpoint: Endpoint;
  readonly #lines: ClientLines;
  readonly #note: BridgeOptions['note'];
  readonly #stop = new AbortController();
  readonly #underWay = new Map<string, UnderWay>();
  readonly #work = new Set<Promise<void>>();
  readonly #tools: ToolHeaders;
  readonly #session: LegacySession;
  readonly #relay: Relay;

  constructor({ endpoint, output, note }: BridgeOptions) {
    this.#endpoint = endpoint;
    this.#lines = createClientLines({ output, note });
    this.#note = note;
    this.#session = new LegacySession(endpoint, this.#stop.signal, (text) => this.#lines.send(text), note);
    this.#tools = new ToolHeaders((body, headers) => this.#askAside(body, headers));
    this.#relay = createRelay(this.#lines, this.#session, this.#tools);
  }

  /** Requests run beside each other; whatever else the client says arrives in its order. */
  async take(line: string): Promise<void> {
    let messages: readonly RpcMessage[];
    let value: JsonValue;
    try {
      value = parseJson(line);
      messages = (isJsonArray(value) ? value : [value]).map(readMessage);
    } catch (error) {
      return this.#lines.refuseUnread(error);
    }
    const [message] = messages;
    if (isJsonArray(value) || !message) return this.#begin(this.#batch(line, messages));
    if (message.kind === 'request') return this.#begin(this.#request(message, line));
    await this.#tell(message, line);
  }

  /** Whoever piped a few requests in gets the answers; whoever hangs up on a long one is not kept. */
  async close(): Promise<void> {
    await Promise.race([Promise.allSettled(this.#work), sleep(LAST_ANSWERS_MS, undefined, { ref: false })]);
    await this.#session.end();
    this.#stop.abort();
    await Promise.allSettled([...this.#work, this.#session.silent()]);
    await this.#endpoint.close();
  }

  #begin(work: Promise<void>): void {
    this.#work.add(work);
    void work.finally(() => this.#work.delete(work));
  }

  async #request(request: RpcRequest, line: string): Promise<void> {
    const modern = metaMember(request.params, 'protocolVersion') !== undefined;
    const stop = new AbortController();
    const key = idText(request.id);
    const underWay = { request, modern, stop };
    this.#underWay.set(key, underWay);
    try {
      await (modern ? this.#askModern(underWay, line) : this.#askLegacy(underWay, line));
    } catch (error) {
      if (stop.signal.aborted || this.#stop.signal.aborted) return;
      await this.#lines.refuse(request.id, error);
    } finally {
      if (this.#underWay.get(key) === underWay) this.#underWay.delete(key);
    }
  }

  async #askModern({ request, stop }: UnderWay, line: string): Promise<void> {
    const headers = modernHeaders(request, await this.#tools.of(request));
    const reply = await this.#endpoint.send(this.#post(line, headers, stop.signal));
    if (await this.#relay.pass(reply, request)) return;
    throw new SallyportError('upstream_unreachable', 'the connection broke before the answer came', { hint: 'ask again' });
  }

  /** Over HTTP a session may be gone that the client takes for alive: it is begun anew, and the client hears nothing of it. */
  async #askLegacy({ request, stop }: UnderWay, line: string): Promise<void> {
    const send = () => this.#endpoint.send(this.#post(line, this.#session.headers(request.method), stop.signal));
    let reply = await send();
    if (reply.status === 404 && this.#session.isOpen && request.method !== 'initialize' && (await this.#session.reopen())) {
      await reply.text();
      reply = await send();
    }
    if (request.method === 'initialize') this.#session.begins(line, reply.sessionId);
    let lastEvent: string | undefined;
    const note = (id: string): void => {
      lastEvent = id;
    };
    if (await this.#relay.pass(reply, request, note)) return;
    // The answer waits where the stream was left.
    if (lastEvent !== undefined && (await this.#resume(request, lastEvent, stop.signal))) return;
    throw new SallyportError('upstream_unreachable', 'the connection broke before the answer came', { hint: 'the command may have run' });
  }

  async #resume(request: RpcRequest, from: string, stop: AbortSignal): Promise<boolean> {
    let last = from;
    for (let tries = 0; tries < 5; tries += 1) {
      await sleep(this.#session.retryMs * 2 ** tries, undefined, { signal: AbortSignal.any([stop, this.#stop.signal]) });
      const headers = { ...this.#session.headers(request.method), accept: 'text/event-stream', 'last-event-id': last };
      const reply = await this.#endpoint.send({ method: 'GET', headers, signal: AbortSignal.any([stop, this.#stop.signal]) });
      if (reply.kind !== 'events') return false;
      const note = (id: string): void => {
        last = id;
      };
      if (await this.#relay.pass(reply, request, note)) return true;
    }
    return false;
  }

  /** A batch (revisions before 2025-06-18) has its answers in one reply. */
  async #batch(line: string, messages: readonly RpcMessage[]): Promise<void> {
    try {
      const reply = await this.#endpoint.send(this.#post(line, this.#session.headers(''), this.#stop.signal));
      if (reply.kind === 'events') for await (const { data } of reply.events()) await this.#lines.send(data);
      else await this.#lines.send(await reply.text());
    } catch (error) {
      if (this.#stop.signal.aborted) return;
      for (const message of messages) if (message.kind === 'request') await this.#lines.refuse(message.id, error);
    }
  }

  /** Notifications, and answers to what the target asked. */
  async #tell(message: Exclude<RpcMessage, RpcRequest>, line: string): Promise<void> {
    if (message.kind === 'notification' && (await this.#cancels(message))) return;
    const modern = message.kind === 'notification' && metaMember(message.params, 'protocolVersion') !== undefined;
    const headers = modern ? modernHeaders(message) : this.#session.headers(message.kind === 'notification' ? message.method : '');
    try {
      const reply = await this.#endpoint.send(this.#post(line, headers, this.#stop.signal));
      const text = await reply.text();
      if (reply.status >= 400) this.#note(`the gateway did not take ${nameOf(message)}: status ${reply.status}${text === '' ? '' : `, ${text.slice(0, 300)}`}`);
    } catch (error) {
      if (this.#stop.signal.aborted) return;
      this.#note(`the gateway did not take ${nameOf(message)}: ${error instanceof Error ? error.message : ''}`);
    }
    if (message.kind === 'notification' && message.method === 'notifications/initialized') this.#session.initialized(line);
  }

  /** In the stateless revision whoever no longer waits hangs up; before it, the target is told. */
  async #cancels({ method, params }: RpcNotification): Promise<boolean> {
    if (method !== 'notifications/cancelled') return false;
    const id = member(params, 'requestId');
    const underWay = id === undefined ? undefined : this.#underWay.get(writeJson(id));
    if (!underWay?.modern) return false;
    underWay.stop.abort();
    return true;
  }

  async #askAside(body: string, headers: Readonly<Record<string, string>>): Promise<JsonValue> {
    const reply = await this.#endpoint.send(this.#post(body, headers, this.#stop.signal));
    if (reply.kind !== 'events') return jsonOrNull(await reply.text());
    let last: JsonValue = null;
    for await (const { data } of reply.events()) if (data !== '') last = jsonOrNull(data);
    return last;
  }

  #post(body: string, headers: Readonly<Record<string, string>>, signal: AbortSignal): Sent {
    return { method: 'POST', headers, body, signal: AbortSignal.any([signal, this.#stop.signal]) };
  }
}

const nameOf = (message: Exclude<RpcMessage, RpcRequest>): string => (message.kind === 'notification' ? message.method : 'an answer');
