import type { Approval } from '../../core/approval.ts';
import type { Command } from '../../core/command.ts';
import { SallyportError } from '../../core/error.ts';
import { isJsonObject, member, parseJson, writeJson, type JsonObject, type JsonValue } from '../../core/json.ts';
import type { Masker } from '../../core/masker.ts';
import type { Exchange, Grant, MaskedPart, Refusal, ReplyPart } from '../../core/pipeline.ts';
import type { Session } from '../../core/session.ts';
import { subjectKey } from '../../core/subject.ts';
import { idText, metaMember, metaOf, type RpcMessage, type RpcRequest } from './codec.ts';
import { isKnown, SERVER_REQUESTS, serverCommand } from './command.ts';
import { embeddedRequests } from './embedded.ts';
import { refusalReply, rpcError, withNote } from './errors.ts';
import { filterResult, methodOf, type MayList } from './lists.ts';
import { maskRequest } from './mask.ts';
import type { KeptStream } from './replay-buffer.ts';
import { emptyReply, eventText, keptReply, messageReply, type Reply } from './reply.ts';
import type { Responder } from './responder.ts';
import { sealSessionId, type McpSession } from './session-id.ts';
import type { McpContext, TargetSide } from './side.ts';
import type { UpstreamCall, UpstreamEvent } from './transport.ts';
import { isSupported, type Era } from './versions.ts';
import { patience, waitForPeople } from './waiting.ts';

/** One message of the caller, or the opening or end of its session, with everything that is known about it. */
export interface Ask {
  readonly verb: UpstreamCall['verb'];
  readonly message: RpcMessage | undefined;
  readonly bytes: Uint8Array | undefined;
  readonly command: Command;
  readonly session: Session;
  readonly mcpSession: McpSession | undefined;
  readonly era: Era;
  readonly headers: UpstreamCall['headers'];
  readonly lastEventId: string | undefined;
  /** When the caller's token ends; epoch milliseconds. */
  readonly expiresAt: number;
  readonly clientName: string;
  readonly mayList: MayList;
  readonly responder: Responder;
}

const AFTER_FINAL_MS = 1000;
const STANDING_MS = 500;
const NO_BYTES = Buffer.from('{}');

/** MCP's part of one command. Which step comes when is the pipeline's. */
export class McpExchange implements Exchange {
  readonly session: Session;
  readonly command: Command;
  readonly #ask: Ask;
  readonly #side: TargetSide;
  readonly #context: McpContext;
  readonly #replies = new WeakMap<ReplyPart, Reply>();
  /** The target's requests, by their parts: once shown, the caller may answer them. */
  readonly #questions = new WeakMap<ReplyPart, RpcRequest['id']>();
  readonly #abort = new AbortController();
  #head: Extract<UpstreamEvent, { kind: 'head' }> | undefined;
  #kept: KeptStream | undefined;
  #openedUnder: string | undefined;
  /** A standing stream was ended from this side. */
  #ended = false;
  #sessionHeader: Readonly<Record<string, string>> = {};

  constructor(ask: Ask, side: TargetSide, context: McpContext) {
    this.#ask = ask;
    this.#side = side;
    this.#context = context;
    this.session = ask.session;
    this.command = ask.command;
  }

  request(masker: Masker): MaskedPart {
    const { message, bytes } = this.#ask;
    const { value, applied } = message ? maskRequest(message.message, masker) : { value: null, applied: [] };
    const recorded = message === undefined ? NO_BYTES : value === message.message && bytes ? bytes : Buffer.from(writeJson(value));
    return { bytes: recorded, contentType: 'application/json', applied };
  }

  wait(approval: Approval, settled: (signal: AbortSignal) => Promise<Approval>): Promise<Approval> {
    const progressToken = this.#progressToken();
    const { times, consoleUrl } = this.#context;
    const budgetMs = patience(this.#ask.clientName, progressToken !== undefined, times);
    const { responder } = this.#ask;
    return this.#side.held.during(this.session.id, this.#requestId(), (cancelled) =>
      waitForPeople(approval, settled, { responder, progressToken, budgetMs, everyMs: times.sayEveryMs, consoleUrl, cancelled }),
    );
  }

  forward(grant: Grant): AsyncIterable<ReplyPart> {
    if (this.#endsWait()) return this.#taken();
    const kept = this.#resumable();
    return kept ? this.#resume(kept.stream, kept.lastEventId) : this.#relay(grant);
  }

  /**
   * A held call was never sent: its cancellation ends the wait, not the approval. Callers of one subject without sessions
   * may use one id for two calls, so there the target hears of it too.
   */
  #endsWait(): boolean {
    const { message, mcpSession } = this.#ask;
    if (message?.kind !== 'notification' || message.method !== 'notifications/cancelled') return false;
    return this.#side.held.cancel(this.session.id, member(message.params, 'requestId')) && mcpSession !== undefined;
  }

  async *#taken(): AsyncIterable<ReplyPart> {
    yield this.#remember(emptyReply(202));
  }

  async *#relay(grant: Grant): AsyncIterable<ReplyPart> {
    this.#followCaller(grant);
    if (isStanding(this.command)) this.#reconsider();
    const { verb, message, bytes, headers, mcpSession, responder } = this.#ask;
    const owner = subjectKey(this.session.subject);
    const call: UpstreamCall = {
      verb,
      headers,
      session: mcpSession,
      owner,
      signal: this.#abort.signal,
      ...(message ? { message } : {}),
      ...(bytes ? { bytes } : {}),
    };
    let final = false;
    let resumable = false;
    let grace: NodeJS.Timeout | undefined;
    const watch = isStanding(this.command) ? setInterval(() => this.#reconsider(), STANDING_MS) : undefined;
    try {
      for await (const event of this.#side.upstream.forward(grant, this.command, call)) {
        if (event.kind === 'head') this.#open(event);
        else if (event.kind === 'primer') resumable = (await this.#prime(event.event)) || resumable;
        else if (!final) {
          const reply = this.#read(event);
          if (!reply) continue;
          resumable ||= event.event?.id !== undefined;
          final = reply.part.kind === 'final';
          if (final) grace = setTimeout(() => this.#abort.abort(), AFTER_FINAL_MS);
          yield this.#remember(reply);
        }
      }
      if (!final && !this.#ended) yield* this.#withoutAnswer(resumable);
    } catch (error) {
      if (!final && !this.#ended) throw error;
    } finally {
      clearTimeout(grace);
      clearInterval(watch);
      if (this.#kept) this.#side.replays.finish(this.#kept, final ? 'answered' : 'open');
      if (!final) responder.left.removeEventListener('abort', this.#onLeft);
    }
  }

  async release(part: ReplyPart, masked: MaskedPart): Promise<void> {
    const reply = this.#replies.get(part);
    if (!reply) throw new SallyportError('internal', 'this part is not of this exchange');
    await this.#endSession(reply.status);
    const question = this.#questions.get(part);
    if (question !== undefined) this.#side.underWay.ask(this.session.id, question);
    const { responder } = this.#ask;
    if (masked.contentType === 'text/event-stream') return responder.event(Buffer.from(masked.bytes).toString());
    if (responder.streaming && masked.bytes.byteLength > 0) {
      const text = eventText(reply, masked.bytes);
      this.#keep(reply, text);
      await responder.event(text);
      if (part.kind === 'final') responder.end();
      return;
    }
    if (masked.bytes.byteLength === 0) return responder.streaming ? responder.end() : responder.empty(reply.status, this.#sessionHeader);
    await responder.reply(reply.status, masked.bytes, this.#sessionHeader);
  }

  /** A session is over when the target has let it go, or never had it. */
  async #endSession(status: number): Promise<void> {
    if (this.command.name === 'session/end' && (status < 400 || status === 404)) await this.#context.sessions.end(this.session.id);
  }

  async repeat(result: string, approval: Approval): Promise<void> {
    const kept = parseJson(result);
    const id = this.#requestId();
    const message: JsonObject = isJsonObject(kept) ? { ...kept, id } : rpcError(id, -32603, 'the kept result cannot be read');
    const about = { id: approval.id, status: approval.status, note: 'this is the recorded result of the approved call; it did not run again' };
    await this.#ask.responder.reply(200, withNote(message, 'dev.sallyport/approval', about));
  }

  async refuse(refusal: Refusal): Promise<void> {
    const { responder, message, era } = this.#ask;
    const method = message && message.kind !== 'response' ? message.method : this.command.name;
    const asked = {
      id: this.#requestId(),
      method,
      era,
      known: message === undefined || message.kind === 'response' || isKnown(method, era),
      consoleUrl: this.#context.consoleUrl,
    };
    const reply = refusalReply(refusal, asked);
    if (message?.kind === 'request') return responder.reply(reply.status, reply.message);
    // Nobody awaits an answer to a notification: one that is denied is taken and goes no further.
    if (refusal.kind !== 'failed') return responder.empty(message ? 202 : 405);
    await responder.reply(reply.status, reply.message);
  }

  /** The method that a reply answers; empty where nothing is awaited. */
  #method(): string {
    const { message } = this.#ask;
    return message?.kind === 'request' ? message.method : '';
  }

  #requestId(): RpcRequest['id'] | null {
    return this.#ask.message?.kind === 'request' ? this.#ask.message.id : null;
  }

  #progressToken(): ReturnType<typeof member> {
    const { message } = this.#ask;
    return message?.kind === 'request' ? member(metaOf(message.params), 'progressToken') : undefined;
  }

  /** In the stateless revision a caller that leaves has cancelled; before, it has only lost its connection. An approved call goes on. */
  #followCaller(grant: Grant): void {
    const { era, verb, responder } = this.#ask;
    if (grant.approval !== undefined || (era === 'legacy' && verb === 'POST')) return;
    if (responder.left.aborted) this.#abort.abort();
    responder.left.addEventListener('abort', this.#onLeft, { once: true });
  }

  /** A stream that stays open is allowed only as long as it would be opened now, under the same policy and a token that lives. */
  #reconsider(): void {
    const now = this.#context.gate.decide(this.session, this.command);
    this.#openedUnder ??= now.policyVersion;
    if (now.effect === 'allow' && now.policyVersion === this.#openedUnder && Date.now() < this.#ask.expiresAt) return;
    this.#ended = true;
    void this.#sayEnd().finally(() => this.#ask.responder.end());
    this.#abort.abort();
  }

  /** A subscription that ends is answered; the stream of a session just ends. */
  async #sayEnd(): Promise<void> {
    const { message, responder } = this.#ask;
    if (!responder.streaming) return responder.empty(503);
    if (message?.kind !== 'request') return;
    const result = { resultType: 'complete', _meta: { 'io.modelcontextprotocol/subscriptionId': message.id } };
    await responder.reply(200, { jsonrpc: '2.0', id: message.id, result });
  }

  readonly #onLeft = (): void => {
    if (isStanding(this.command)) this.#ended = true;
    this.#abort.abort();
  };

  #open(head: Extract<UpstreamEvent, { kind: 'head' }>): void {
    this.#head = head;
    const { session, message } = this.#ask;
    if (head.sessionId !== undefined && message?.kind === 'request' && message.method === 'initialize') {
      const version = member(message.params, 'protocolVersion');
      const mcp: McpSession = {
        id: session.id,
        upstreamId: head.sessionId,
        version: typeof version === 'string' ? version : '',
        clientName: this.#ask.clientName,
      };
      this.#sessionHeader = { 'mcp-session-id': sealSessionId(mcp, session.subject, session.target, this.#context.sessionKey) };
    }
    if (head.stream) this.#ask.responder.startStream(this.#sessionHeader);
  }

  async #prime(event: NonNullable<Extract<UpstreamEvent, { kind: 'primer' }>>['event']): Promise<boolean> {
    if (event.id !== undefined) this.#stream().add(event.id, event.raw);
    await this.#ask.responder.event(event.raw);
    return event.id !== undefined;
  }

  /** What one message of the target is to this caller; undefined where it is not for it. */
  #read(event: Extract<UpstreamEvent, { kind: 'message' }>): Reply | undefined {
    const { message, text } = event;
    const base = { message: message.message, text, event: event.event, status: this.#head?.status ?? 200, method: this.#method(), filter: this.#filter };
    switch (message.kind) {
      case 'response':
        if (this.#isResumed()) return messageReply({ ...base, method: methodOf(member(message.message, 'result')), final: false });
        if (!this.#answers(message.id)) return undefined;
        this.#learn(message.message);
        return messageReply({ ...base, ...this.#withoutForbiddenRequests(message.message, text), final: true });
      case 'notification':
        if (message.method === 'notifications/tools/list_changed') this.#side.catalog.expire();
        return this.#isWanted(message.method, message.params) ? messageReply({ ...base, final: false }) : undefined;
      case 'request':
        return this.#ask.era === 'legacy' ? this.#question(message, messageReply({ ...base, final: false, asks: this.#asks(message) })) : undefined;
      default:
        return message satisfies never;
    }
  }

  readonly #filter = (method: string, result: JsonValue): JsonValue => {
    const filtered = filterResult(method, result, this.#ask.mayList);
    return method === 'tasks/list' && isJsonObject(filtered) ? this.#side.tasks.filter(filtered, subjectKey(this.session.subject)) : filtered;
  };

  /** A stream that goes on where it broke may carry the answer to a request of before. */
  #isResumed(): boolean {
    return this.#ask.verb === 'GET' && this.#ask.lastEventId !== undefined;
  }

  /** A reply that asks something of the caller which is not allowed becomes a refusal of the gateway. */
  #withoutForbiddenRequests(message: JsonObject, text: string): { message: JsonObject; text: string } {
    const forbidden = embeddedRequests(message).find(
      (command) => command.objection !== undefined || this.#context.gate.decide(this.session, command).effect !== 'allow',
    );
    if (!forbidden) return { message, text };
    const refused = rpcError(this.#requestId(), 403, `the target asked for "${forbidden.name}", which no rule allows`);
    return { message: refused, text: writeJson(refused) };
  }

  /** Only the answer to this very request; an error without an id is one where the target could not read the request. */
  #answers(id: RpcRequest['id'] | null): boolean {
    const own = this.#requestId();
    if (own === null) return false;
    return id === null ? this.#head?.stream === false : idText(id) === idText(own);
  }

  #isWanted(method: string, params: JsonObject): boolean {
    if (method === 'notifications/progress' && this.#ask.verb === 'POST') {
      const token = this.#progressToken();
      return token !== undefined && writeJson(member(params, 'progressToken') ?? null) === writeJson(token);
    }
    if (method === 'notifications/message' && this.#ask.era === 'modern') {
      const { message } = this.#ask;
      return message?.kind === 'request' && metaMember(message.params, 'logLevel') !== undefined;
    }
    return true;
  }

  #question(message: RpcRequest, reply: Reply): Reply {
    this.#questions.set(reply.part, message.id);
    return reply;
  }

  #asks(message: RpcRequest): NonNullable<ReplyPart['asks']> {
    const command = serverCommand(message.method, message.params);
    const decline = (): void => {
      const code = SERVER_REQUESTS.has(message.method) ? -1 : -32601;
      const refused = rpcError(message.id, code, code === -1 ? 'the gateway does not allow this request' : 'method not found');
      const { mcpSession, headers } = this.#ask;
      void this.#side.upstream.decline({ kind: 'response', id: message.id, error: true, message: refused }, mcpSession, headers).catch(() => {});
    };
    return { command, decline };
  }

  #learn(message: JsonObject): void {
    const result = member(message, 'result');
    const method = this.#method();
    if (method === 'tools/list') this.#side.catalog.learn(result);
    if (method === 'initialize') refuseUnknownVersion(member(result, 'protocolVersion'));
    this.#side.tasks.learn(result, subjectKey(this.session.subject), this.command);
  }

  /** What a caller is told when the target ended without an answer. */
  async *#withoutAnswer(resumable: boolean): AsyncIterable<ReplyPart> {
    const head = this.#head;
    const awaited = this.#ask.message?.kind === 'request';
    if (head?.stream === true) {
      if (awaited && !(resumable && this.#ask.era === 'legacy')) {
        throw new SallyportError('upstream_invalid', 'the target closed the stream before it answered', { hint: 'it may still have run' });
      }
      this.#ask.responder.end();
      return;
    }
    const status = head?.status ?? 502;
    if (!awaited) {
      yield this.#remember(emptyReply(status));
      return;
    }
    if (status < 400) throw new SallyportError('upstream_invalid', `the target answered with HTTP ${status} and no message`);
    const message = rpcError(
      this.#requestId(),
      status === 404 ? -32001 : -32603,
      status === 404 ? 'session not found' : `the target answered with HTTP ${status}`,
    );
    yield this.#remember(messageReply({ message, text: writeJson(message), event: undefined, status, final: true, method: '', filter: this.#filter }));
  }

  #resumable(): { stream: KeptStream; lastEventId: string } | undefined {
    const { verb, lastEventId, mcpSession } = this.#ask;
    if (verb !== 'GET' || lastEventId === undefined || !mcpSession) return undefined;
    const stream = this.#side.replays.find(mcpSession.id, lastEventId);
    return stream && { stream, lastEventId };
  }

  async *#resume(stream: KeptStream, lastEventId: string): AsyncIterable<ReplyPart> {
    this.#ask.responder.startStream();
    for await (const text of stream.after(lastEventId, this.#ask.responder.left)) yield this.#remember(keptReply(text));
    this.#ask.responder.end();
  }

  #keep(reply: Reply, text: string): void {
    if (reply.event?.id !== undefined) this.#stream().add(reply.event.id, text);
  }

  #stream(): KeptStream {
    return (this.#kept ??= this.#side.replays.open(this.session.id));
  }

  #remember(reply: Reply): ReplyPart {
    this.#replies.set(reply.part, reply);
    return reply.part;
  }
}

function isStanding(command: Command): boolean {
  return command.name === 'stream/listen' || command.name === 'subscriptions/listen';
}

function refuseUnknownVersion(version: unknown): void {
  if (version === undefined || (typeof version === 'string' && isSupported(version))) return;
  throw new SallyportError('upstream_invalid', 'the target speaks a protocol version that the gateway does not');
}
