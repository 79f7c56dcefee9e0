import type { Approval } from '../../core/approval.ts';
import type { Command } from '../../core/command.ts';
import { SallyportError } from '../../core/error.ts';
import { member, writeJson } from '../../core/json.ts';
import type { Masker } from '../../core/masker.ts';
import type { Exchange, Grant } from '../../core/pipeline.ts';
import type { Refusal } from '../../core/refusing.ts';
import type { MaskedPart, ReplyPart } from '../../core/reply-part.ts';
import type { Session } from '../../core/session.ts';
import type { Steps } from '../../core/steps.ts';
import { subjectKey } from '../../core/subject.ts';
import { endWhenAbandoned } from './abandoned.ts';
import { asApproved } from './as-approved.ts';
import { requestIdOf, requestMethodOf, type Ask } from './ask.ts';
import { metaMember } from './codec.ts';
import { Holding } from './holding.ts';
import { Incoming } from './incoming.ts';
import { maskRequest } from './mask.ts';
import { keptResult, refusalOf } from './own-reply.ts';
import { withoutTask } from './own-task.ts';
import type { KeptStream } from './replay-buffer.ts';
import { emptyReply, eventText, keptReply, ownReply, type Reply } from './reply.ts';
import { sealSessionId, type McpSession } from './session-id.ts';
import type { McpContext, TargetSide } from './side.ts';
import { answerOwnTask, listOwnTasks, withListedIds, withTaskId } from './task-answer.ts';
import { writeEvent } from './sse.ts';
import { isStanding, mayStand, sayEnd } from './standing.ts';
import type { UpstreamCall, UpstreamEvent } from './transport.ts';
import { tellOfTasks } from './watched-tasks.ts';

const AFTER_FINAL_MS = 1000;
const STANDING_MS = 500;
const NO_BYTES = Buffer.from('{}');

/** MCP's part of one command. Which step comes when is the pipeline's. */
export class McpExchange implements Exchange {
  readonly session: Session;
  readonly command: Command;
  readonly steps: Steps | undefined;
  readonly #ask: Ask;
  readonly #side: TargetSide;
  readonly #context: McpContext;
  readonly #incoming: Incoming;
  readonly #holding: Holding;
  /** The one whose part the pipeline has in hand: parts come one by one. A weak map of them would keep every call alive past its end (the young generation treats its keys as used). */
  #reply: Reply | undefined;
  readonly #abort = new AbortController();
  #head: Extract<UpstreamEvent, { kind: 'head' }> | undefined;
  #kept: KeptStream | undefined;
  #grant: Grant | undefined;
  /** A standing stream was ended from this side. */
  #ended = false;
  #sessionHeader: Readonly<Record<string, string>> = {};

  constructor(ask: Ask, side: TargetSide, context: McpContext) {
    this.#ask = ask;
    this.#side = side;
    this.#context = context;
    this.#holding = new Holding(ask, side, context);
    this.#incoming = new Incoming(ask, side, context, () => this.#takesNoMore());
    this.session = ask.session;
    this.command = ask.command;
    this.steps = ask.steps;
  }

  request(masker: Masker): MaskedPart {
    const { message, bytes } = this.#ask;
    const { value, applied } = message ? maskRequest(message.message, masker) : { value: null, applied: [] };
    const recorded = message === undefined ? NO_BYTES : value === message.message && bytes ? bytes : Buffer.from(writeJson(value));
    return { bytes: recorded, contentType: 'application/json', applied };
  }

  wait(approval: Approval, settled: (signal: AbortSignal) => Promise<Approval>): Promise<Approval> {
    return this.#holding.wait(approval, settled);
  }

  async ready(): Promise<void> {
    await this.#side.upstream.ready(this.session.subject);
  }

  async outdated(): Promise<string | undefined> {
    const { command } = this;
    if (command.definition === '') return undefined;
    const now = await this.#side.catalog.peek(command.name.slice('tools/call '.length));
    const isSame = now?.tool.hash === command.definition && now.tool.quarantine?.answer === command.quarantine?.answer;
    return isSame ? undefined : "the tool's definition changed";
  }

  forward(grant: Grant): AsyncIterable<ReplyPart> {
    if (this.#endsWait()) return this.#taken();
    if (this.#ask.ownTask) return this.#ownTask(this.#ask.ownTask);
    // Its caller has gone, and what people said yes to is this one approval: nothing else may let it run.
    const { resumes } = this.#ask;
    if (resumes !== undefined && grant.approval !== resumes.approval) throw new SallyportError('internal', 'a task runs under its own approval');
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

  async *#ownTask(task: NonNullable<Ask['ownTask']>): AsyncIterable<ReplyPart> {
    yield this.#remember(ownReply(await answerOwnTask(this.#ask, task, this.#context)));
  }

  async *#relay(grant: Grant): AsyncIterable<ReplyPart> {
    this.#grant = grant;
    const stopFollowing = this.#followCaller(grant);
    if (isStanding(this.command)) this.#reconsider();
    const { verb, headers, mcpSession } = this.#ask;
    const { message, bytes } = this.#sent();
    const owner = subjectKey(this.session.subject);
    const call: UpstreamCall = {
      verb,
      headers,
      session: mcpSession,
      owner,
      subject: this.session.subject,
      signal: this.#abort.signal,
      trace: this.steps?.trace,
      ...(message ? { message } : {}),
      ...(bytes ? { bytes } : {}),
    };
    if (requestMethodOf(this.#ask) === 'tasks/list') this.#incoming.listed = await listOwnTasks(this.#ask, this.#context);
    let final = false;
    let resumable = false;
    let grace: NodeJS.Timeout | undefined;
    const stopTelling = this.#tellOfTasks();
    const watch = isStanding(this.command) ? setInterval(() => this.#reconsider(), STANDING_MS) : undefined;
    try {
      for await (const event of this.#side.upstream.forward(grant, this.command, call)) {
        if (event.kind === 'head') this.#open(event);
        else if (event.kind === 'primer') resumable = (await this.#prime(event.event)) || resumable;
        else if (!final) {
          const learning = this.#incoming.learn(event, this.#head);
          if (learning) await learning;
          const reply = this.#incoming.read(event, this.#head);
          if (!reply) continue;
          resumable ||= event.event?.id !== undefined;
          final = reply.part.kind === 'final';
          // One JSON reply has been read to its end.
          if (final && this.#head?.stream !== false) grace = setTimeout(() => this.#abort.abort(), AFTER_FINAL_MS);
          yield this.#remember(reply);
        }
      }
      if (!final && !this.#ended) yield* this.#unanswered(resumable && !this.#holding.isTask ? 'resumable' : 'over');
    } catch (error) {
      if (!final && !this.#ended) throw error;
    } finally {
      clearTimeout(grace);
      clearInterval(watch);
      stopTelling();
      if (this.#kept) this.#side.replays.finish(this.#kept, final ? 'answered' : 'open');
      stopFollowing();
    }
  }

  /** What travels: a call that has become a task asks the target for its result, and of an approved one only what people saw. */
  #sent(): Pick<Ask, 'message' | 'bytes'> {
    const { message } = this.#ask;
    if (message?.kind !== 'request') return this.#ask;
    const call = this.#holding.isTask ? withoutTask(message) : message;
    const sent = this.#grant?.approval !== undefined ? asApproved(call) : call;
    return sent === message ? this.#ask : { message: sent, bytes: undefined };
  }

  /** Why the caller may not be asked for more on the way. */
  #takesNoMore(): string | undefined {
    if (this.#holding.isTask) return 'nobody is on the line to answer';
    return this.#grant?.approval !== undefined
      ? 'it runs as people approved it, and takes nothing more: an access window is for calls that ask on the way'
      : undefined;
  }

  #tellOfTasks(): () => void {
    const { watched, message, responder } = this.#ask;
    if (watched === undefined || message?.kind !== 'request') return () => {};
    return tellOfTasks(watched, message.id, this.#context, async (event) => {
      if (responder.streaming && !responder.left.aborted) await responder.event(event);
    });
  }

  /** Nothing more is wanted of the target; a stream that stays open ends as it does when its rule is gone. */
  cutOff(): void {
    if (isStanding(this.command)) this.#endStanding();
    else this.#abort.abort();
  }

  /** A line of the log, where the caller takes such; else a comment, which only people see who look at the wire. */
  warn(text: string): void {
    const { responder, era, message } = this.#ask;
    if (responder.left.aborted) return;
    responder.startStream(this.#sessionHeader);
    const takesLog = era === 'legacy' || (message?.kind === 'request' && metaMember(message.params, 'logLevel') !== undefined);
    if (!takesLog) return responder.comment(text);
    const params = { level: 'warning', logger: 'sallyport', data: text };
    void responder.event(writeEvent(writeJson({ jsonrpc: '2.0', method: 'notifications/message', params })));
  }

  async release(part: ReplyPart, released: MaskedPart): Promise<void> {
    const reply = this.#reply;
    if (reply?.part !== part) throw new SallyportError('internal', 'this part is not of this exchange');
    const { listed } = this.#incoming;
    const masked = listed.ids.size === 0 ? released : { ...released, bytes: withListedIds(released.bytes, listed) };
    await this.#endSession(reply.status);
    if (reply.question !== undefined) this.#side.underWay.ask(this.session.id, reply.question);
    if (part.kind === 'final') this.#holding.end();
    const { responder, ownTask } = this.#ask;
    // The record names the approval; the id that opens the task is its caller's alone.
    if (ownTask) return responder.reply(reply.status, withTaskId(masked.bytes, ownTask));
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
    this.#holding.end();
    const task = await this.#holding.instead(approval);
    if (task) return this.#ask.responder.reply(200, { jsonrpc: '2.0', id: requestIdOf(this.#ask), result: task });
    await this.#ask.responder.reply(200, keptResult(result, approval, requestIdOf(this.#ask)));
  }

  async refuse(refusal: Refusal): Promise<void> {
    const { responder, message } = this.#ask;
    const reply = refusalOf(refusal, this.#ask, this.#context.consoleUrl);
    const instead = refusal.kind === 'approval' ? await this.#holding.instead(refusal.approval) : undefined;
    this.#holding.end(refusal, reply.message);
    if (instead) return responder.reply(200, { jsonrpc: '2.0', id: requestIdOf(this.#ask), result: instead });
    if (message?.kind === 'request') return responder.reply(reply.status, reply.message);
    // Nobody awaits an answer to a notification: one that is denied is taken and goes no further.
    if (refusal.kind !== 'failed') return responder.empty(message ? 202 : 405);
    await responder.reply(reply.status, reply.message);
  }

  /** In the stateless revision a caller that leaves has cancelled; before, it has lost its connection and may come back. An approved call goes on. */
  #followCaller(grant: Grant): () => void {
    const { era, verb, responder } = this.#ask;
    const { left } = responder;
    if (grant.approval !== undefined) return () => {};
    if (era === 'legacy' && verb === 'POST') {
      const afterMs = Math.max(this.#context.times.abandonedMs, this.#side.target.limits.replyMs);
      return endWhenAbandoned({ left, afterMs, isFollowed: () => this.#kept?.isFollowed === true, end: this.#onLeft });
    }
    if (left.aborted) this.#abort.abort();
    left.addEventListener('abort', this.#onLeft, { once: true });
    return () => left.removeEventListener('abort', this.#onLeft);
  }

  #reconsider(): void {
    if (!this.#grant || !mayStand(this.#ask, this.#grant, this.#context.gate)) this.#endStanding();
  }

  #endStanding(): void {
    this.#ended = true;
    void sayEnd(this.#ask).finally(() => this.#ask.responder.end());
    this.#abort.abort();
  }

  readonly #onLeft = (): void => {
    if (isStanding(this.command)) this.#ended = true;
    this.#abort.abort();
  };

  #open(head: Extract<UpstreamEvent, { kind: 'head' }>): void {
    this.#head = head;
    const { session, message } = this.#ask;
    const opening = message?.kind === 'request' && message.method === 'initialize';
    if (opening && head.status === 200) this.#side.learned.mintsSessions = head.sessionId !== undefined;
    if (opening && head.sessionId !== undefined) {
      const version = member(message.params, 'protocolVersion');
      const said = { version: typeof version === 'string' ? version : '', clientName: this.#ask.clientName };
      const mcp: McpSession = { id: session.id, upstreamId: head.sessionId, ...said };
      this.#sessionHeader = { 'mcp-session-id': sealSessionId(mcp, session.subject, session.target, this.#context.sessionKey) };
    }
    if (head.stream) this.#ask.responder.startStream(this.#sessionHeader);
  }

  async #prime(event: NonNullable<Extract<UpstreamEvent, { kind: 'primer' }>>['event']): Promise<boolean> {
    if (event.id !== undefined) this.#stream().add(event.id, event.raw);
    await this.#ask.responder.event(event.raw);
    return event.id !== undefined;
  }

  /** What a caller is told when the target ended without an answer; a stream that can be resumed just ends. */
  async *#unanswered(stream: 'resumable' | 'over'): AsyncIterable<ReplyPart> {
    const reply = this.#incoming.unanswered(this.#head, stream);
    if (reply) yield this.#remember(reply);
    else this.#ask.responder.end();
  }

  #resumable(): { stream: KeptStream; lastEventId: string } | undefined {
    const { verb, lastEventId, mcpSession } = this.#ask;
    if (verb !== 'GET' || lastEventId === undefined || !mcpSession) return undefined;
    const stream = this.#side.replays.find(mcpSession.id, lastEventId);
    return stream && { stream, lastEventId };
  }

  async *#resume(stream: KeptStream, lastEventId: string): AsyncIterable<ReplyPart> {
    this.#ask.responder.startStream();
    for await (const text of stream.after(lastEventId, AbortSignal.any([this.#ask.responder.left, this.#abort.signal]))) yield this.#remember(keptReply(text));
    this.#ask.responder.end();
  }

  #keep(reply: Reply, text: string): void {
    if (reply.event?.id !== undefined) this.#stream().add(reply.event.id, text);
  }

  #stream(): KeptStream {
    return (this.#kept ??= this.#side.replays.open(this.session.id));
  }

  #remember(reply: Reply): ReplyPart {
    this.#reply = reply;
    return reply.part;
  }
}
