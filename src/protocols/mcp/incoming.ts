import { SallyportError } from '../../core/error.ts';
import { isJsonArray, isJsonObject, member, writeJson, type JsonObject, type JsonValue } from '../../core/json.ts';
import type { ReplyPart } from '../../core/reply-part.ts';
import { subjectKey } from '../../core/subject.ts';
import { withTasksAnnounced } from './announced-tasks.ts';
import { progressTokenOf, requestIdOf, requestMethodOf, type Ask } from './ask.ts';
import { idText, metaMember, type RpcRequest, type RpcResponse } from './codec.ts';
import { SERVER_REQUESTS, serverCommand } from './command.ts';
import { embeddedRequests } from './embedded.ts';
import { rpcError } from './errors.ts';
import { filterResult, methodOf } from './lists.ts';
import { emptyReply, messageReply, type Reply } from './reply.ts';
import type { McpContext, TargetSide } from './side.ts';
import { NO_TASKS, type ListedTasks } from './task-answer.ts';
import type { UpstreamEvent } from './transport.ts';
import { isSupported } from './versions.ts';

type Head = Extract<UpstreamEvent, { kind: 'head' }>;

/** What the target sends, sorted for one caller: its answer, a message on the way, a question, or nothing of its own. */
export class Incoming {
  readonly #ask: Ask;
  readonly #side: TargetSide;
  readonly #context: McpContext;
  /** Why the caller may not be asked anything; undefined where it may. */
  readonly #takesNoMore: () => string | undefined;
  /** The caller's tasks that are the gateway's own, where it asks for a list. */
  listed: ListedTasks = NO_TASKS;

  constructor(ask: Ask, side: TargetSide, context: McpContext, takesNoMore: () => string | undefined) {
    this.#takesNoMore = takesNoMore;
    this.#ask = ask;
    this.#side = side;
    this.#context = context;
  }

  /** What one message of the target is to this caller; undefined where it is not for it. */
  read(event: Extract<UpstreamEvent, { kind: 'message' }>, head: Head | undefined): Reply | undefined {
    const { message, text } = event;
    const base = { message: message.message, text, event: event.event, status: head?.status ?? 200, method: requestMethodOf(this.#ask), filter: this.#filter };
    switch (message.kind) {
      case 'response':
        if (this.#isResumed())
          return messageReply({ ...base, ...this.#withoutForbiddenRequests(message, text), method: methodOf(member(message.message, 'result')), final: false });
        if (!this.#answers(message.id, head)) return undefined;
        return this.#answer(base, message);
      case 'notification':
        if (message.method === 'notifications/tools/list_changed') this.#side.catalog.expire(this.#ask.session.subject);
        return this.#isWanted(message.method, message.params) ? messageReply({ ...base, final: false }) : undefined;
      case 'request':
        return this.#ask.era === 'legacy' ? { ...messageReply({ ...base, final: false, asks: this.#asks(message) }), question: message.id } : undefined;
      default:
        return message satisfies never;
    }
  }

  readonly #filter = (method: string, result: JsonValue): JsonValue => {
    const filtered = filterResult(method, result, this.#ask.mayList, this.#side.catalog);
    if (method === 'server/discover') return withTasksAnnounced(filtered, this.#ask.mayHold);
    if (method !== 'tasks/list' || !isJsonObject(filtered)) return filtered;
    const theirs = this.#side.tasks.filter(filtered, subjectKey(this.#ask.session.subject));
    const tasks = member(theirs, 'tasks');
    return this.listed.tasks.length === 0 ? theirs : { ...theirs, tasks: [...this.listed.tasks, ...(isJsonArray(tasks) ? tasks : [])] };
  };

  /** A target without tasks knows no list of them; the gateway's own are listed all the same. */
  #listedHere(message: RpcResponse): RpcResponse {
    const isMissing = this.listed.tasks.length > 0 && message.error && writeJson(member(member(message.message, 'error'), 'code') ?? null) === '-32601';
    if (!isMissing) return message;
    return { ...message, error: false, message: { jsonrpc: '2.0', id: message.id, result: { tasks: [] } } };
  }

  #answer(base: Omit<Parameters<typeof messageReply>[0], 'final'>, message: RpcResponse): Reply {
    const listed = this.#listedHere(message);
    if (listed !== message) return messageReply({ ...base, message: listed.message, text: writeJson(listed.message), status: 200, final: true });
    return messageReply({ ...base, ...this.#withoutForbiddenRequests(message, base.text), final: true });
  }

  /** A stream that goes on where it broke may carry the answer to a request of before. */
  #isResumed(): boolean {
    return this.#ask.verb === 'GET' && this.#ask.lastEventId !== undefined;
  }

  /** A reply that asks something of the caller which is not allowed becomes a refusal of the gateway. */
  #withoutForbiddenRequests({ id, message }: RpcResponse, text: string): { message: JsonObject; text: string } {
    const forbidden = embeddedRequests(message).find(
      (command) => command.objection !== undefined || this.#context.gate.decide(this.#ask.session, command).effect !== 'allow',
    );
    if (!forbidden) return { message, text };
    const refused = rpcError(id, 403, `the target asked for "${forbidden.name}", which no rule allows`);
    return { message: refused, text: writeJson(refused) };
  }

  /** Only the answer to this very request; an error without an id is one where the target could not read the request. */
  #answers(id: RpcRequest['id'] | null, head: Head | undefined): boolean {
    const own = requestIdOf(this.#ask);
    if (own === null) return false;
    return id === null ? head?.stream === false : idText(id) === idText(own);
  }

  #isWanted(method: string, params: JsonObject): boolean {
    if (method === 'notifications/progress' && this.#ask.verb === 'POST') {
      const token = progressTokenOf(this.#ask);
      return token !== undefined && writeJson(member(params, 'progressToken') ?? null) === writeJson(token);
    }
    if (method === 'notifications/message' && this.#ask.era === 'modern') {
      const { message } = this.#ask;
      return message?.kind === 'request' && metaMember(message.params, 'logLevel') !== undefined;
    }
    return true;
  }

  #asks(message: RpcRequest): NonNullable<ReplyPart['asks']> {
    const asked = serverCommand(message.method, message.params);
    const objection = asked.objection ?? (SERVER_REQUESTS.has(message.method) ? this.#takesNoMore() : undefined);
    const command = objection === undefined ? asked : { ...asked, objection };
    const decline = (): void => {
      const code = SERVER_REQUESTS.has(message.method) ? -1 : -32601;
      const refused = rpcError(message.id, code, code === -1 ? 'the gateway does not allow this request' : 'method not found');
      const { mcpSession, headers, session } = this.#ask;
      void this.#side.upstream
        .decline({ kind: 'response', id: message.id, error: true, message: refused }, { session: mcpSession, headers, subject: session.subject })
        .catch(() => {});
    };
    return { command, decline };
  }

  /** What an answer teaches of the target, before anybody sees it: its tools, its instructions, its tasks. Undefined where there is nothing to wait for. */
  learn({ message }: Extract<UpstreamEvent, { kind: 'message' }>, head: Head | undefined): Promise<void> | undefined {
    if (message.kind !== 'response') return undefined;
    const result = member(message.message, 'result');
    if (this.#isResumed()) return methodOf(result) === 'tools/list' ? this.#side.catalog.learn(result, this.#ask.session.subject) : undefined;
    if (!this.#answers(message.id, head)) return undefined;
    const method = requestMethodOf(this.#ask);
    if (method === 'initialize') refuseUnknownVersion(member(result, 'protocolVersion'));
    this.#side.tasks.learn(result, subjectKey(this.#ask.session.subject), this.#ask.command);
    if (result === undefined) return undefined;
    if (method === 'tools/list') return this.#side.catalog.learn(result, this.#ask.session.subject);
    return method === 'initialize' || method === 'server/discover' ? this.#side.catalog.learnInstructions(result) : undefined;
  }

  /** What a caller is told when the target ended without an answer; undefined where there is nothing to tell, or the stream can be resumed. */
  unanswered(head: Head | undefined, stream: 'resumable' | 'over'): Reply | undefined {
    const id = requestIdOf(this.#ask);
    if (head?.stream === true) {
      if (id === null || (stream === 'resumable' && this.#ask.era === 'legacy')) return undefined;
      throw new SallyportError('upstream_invalid', 'the target closed the stream before it answered', { hint: 'it may still have run' });
    }
    const status = head?.status ?? 502;
    if (id === null) return emptyReply(status);
    if (status < 400) throw new SallyportError('upstream_invalid', `the target answered with HTTP ${status} and no message`);
    const message = status === 404 ? rpcError(id, -32001, 'session not found') : rpcError(id, -32603, `the target answered with HTTP ${status}`);
    return messageReply({ message, text: writeJson(message), event: undefined, status, final: true, method: '', filter: this.#filter });
  }
}

function refuseUnknownVersion(version: unknown): void {
  if (version === undefined || (typeof version === 'string' && isSupported(version))) return;
  throw new SallyportError('upstream_invalid', 'the target speaks a protocol version that the gateway does not');
}
