/**
 * How one caller waits for people: as a task of the gateway, in rounds that its client repeats, or on the line. Whichever it
 * is, the approval is one record; this only decides what the caller hears until it is answered.
 */
import type { Approval } from '../../core/approval.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Refusal } from '../../core/refusing.ts';
import { progressTokenOf, requestIdOf, type Ask } from './ask.ts';
import { isPatient, isRetrying } from './clients.ts';
import type { RpcRequest } from './codec.ts';
import { approvalNote } from './errors.ts';
import { ownerOf, taskIdOf, wantsTask } from './own-task.ts';
import { nextRound } from './round.ts';
import type { McpContext, TargetSide } from './side.ts';
import { createdTask } from './task-view.ts';
import { waitForPeople } from './waiting.ts';

/** Requests whose results may be `input_required`. */
const REPEATABLE = /^(?:tools\/call|prompts\/get|resources\/read) /;

type Settled = (signal: AbortSignal) => Promise<Approval>;

export class Holding {
  readonly #ask: Ask;
  readonly #side: TargetSide;
  readonly #context: McpContext;
  /** Ends the run of a call that has become a task. */
  #end: ((outcome?: JsonObject) => void) | undefined;

  constructor(ask: Ask, side: TargetSide, context: McpContext) {
    this.#ask = ask;
    this.#side = side;
    this.#context = context;
    this.#end = ask.resumes?.end;
  }

  /** Whether the call goes on without its caller, who asks for the task. */
  get isTask(): boolean {
    return this.#end !== undefined;
  }

  async wait(approval: Approval, settled: Settled): Promise<Approval> {
    // What is resumed was granted: if people have to be asked, it is for something else.
    if (this.#ask.resumes !== undefined) return approval;
    if (await this.#becomesTask(approval)) return settled(this.#context.tasks.closing);
    const { responder, clientName } = this.#ask;
    const { times, consoleUrl, clients } = this.#context;
    const progressToken = progressTokenOf(this.#ask);
    const held = progressToken !== undefined && isPatient(clientName, clients) ? times.patientHoldMs : times.holdMs;
    const budgetMs = this.#nextRound(approval) === undefined ? held : times.roundMs;
    return this.#side.held.during(this.#ask.session.id, requestIdOf(this.#ask), (cancelled) =>
      waitForPeople(approval, settled, { responder, progressToken, budgetMs, everyMs: times.sayEveryMs, consoleUrl, cancelled }),
    );
  }

  /** In place of the result that says it is pending: the next round, or the task that it has become elsewhere. */
  async instead(approval: Approval): Promise<JsonObject | undefined> {
    if (this.isTask) return undefined;
    const goesOn = approval.status === 'executing' || this.#ask.era === 'legacy';
    if (goesOn && (await this.#mayBeTask())) return this.#task(approval);
    const requestState = approval.status === 'pending' ? this.#nextRound(approval) : undefined;
    if (requestState === undefined) return undefined;
    return { resultType: 'input_required', requestState, _meta: { 'dev.sallyport/approval': approvalNote(approval, this.#context.consoleUrl) } };
  }

  /** The call is over. What a task has not in its approval is kept for who asks. */
  end(refusal?: Refusal, message?: JsonObject): void {
    this.#end?.(refusal === undefined || refusal.kind === 'approval' ? undefined : message);
  }

  async #becomesTask(approval: Approval): Promise<boolean> {
    const { responder } = this.#ask;
    if (responder.streaming || responder.left.aborted || !(await this.#mayBeTask())) return false;
    const result = this.#task(approval);
    if (result === undefined) return false;
    this.#end = this.#context.tasks.begin(approval.id);
    await responder.reply(200, { jsonrpc: '2.0', id: requestIdOf(this.#ask), result });
    return true;
  }

  #task(approval: Approval): JsonObject | undefined {
    const { sessionKey, consoleUrl, times, tasks } = this.#context;
    const id = taskIdOf(approval, this.#request, this.#ask, sessionKey);
    const { era } = this.#ask;
    if (id !== undefined) tasks.remember(ownerOf(this.#ask.session), approval.id, id);
    return id === undefined ? undefined : createdTask({ approval, id, era, consoleUrl, pollMs: times.pollMs, outcome: tasks.outcome(approval.id) });
  }

  /** A tool that can only be called as a task makes its own. */
  async #mayBeTask(): Promise<boolean> {
    if (!wantsTask(this.#ask)) return false;
    const known = await this.#side.catalog.peek(this.#ask.command.name.slice('tools/call '.length));
    return this.#ask.era === 'modern' || known?.tool.taskOnly !== true;
  }

  #nextRound(approval: Approval): string | undefined {
    const { era, clientName, command, round, session } = this.#ask;
    if (era !== 'modern' || !REPEATABLE.test(command.name) || !isRetrying(clientName, this.#context.clients)) return undefined;
    const current = { approval: approval.id, digest: command.digest, ended: round?.ended ?? 0 };
    return nextRound(current, this.#request, { session, key: this.#context.sessionKey, now: Date.now() });
  }

  /** What waits is a call, so it is a request. */
  get #request(): RpcRequest {
    return this.#ask.message as RpcRequest;
  }
}
