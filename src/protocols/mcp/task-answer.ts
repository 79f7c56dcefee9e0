import type { Approval } from '../../core/approval.ts';
import type { Command } from '../../core/command.ts';
import { isJsonObject, parseJson, writeJson, type JsonObject } from '../../core/json.ts';
import type { Session } from '../../core/session.ts';
import { requestIdOf, requestMethodOf, type Ask } from './ask.ts';
import type { RpcId, RpcRequest } from './codec.ts';
import { commandOf } from './command.ts';
import { rpcError } from './errors.ts';
import { aboutTask, openTaskId, ownerOf, type OwnTask } from './own-task.ts';
import type { McpContext } from './side.ts';
import { detailedTask, stateOf, type TaskState, type TaskView } from './task-view.ts';
import type { Question } from './understand.ts';
import type { Era } from './versions.ts';

const LOOK_EVERY_MS = 250;

/** What somebody does with a task of the gateway's own, as a command: whoever may reach the target may, while what it would run is allowed. */
export async function taskCommand(request: RpcRequest, { era, session, side, gate }: Omit<Question, 'message'>, task: OwnTask): Promise<Command> {
  const { name } = task.request.params;
  const known = await side.catalog.peek(typeof name === 'string' ? name : '');
  const isAllowed = gate.decide(session, commandOf(task.request, task.era, { tool: known?.tool })).effect !== 'deny';
  const objection = !isAllowed ? 'no such task' : request.method === 'tasks/update' ? 'this task takes no input: people answer it' : undefined;
  return { ...commandOf(aboutTask(request, task), era, { objection }), naming: 'handshake' };
}

/** The gateway's answer to `tasks/get`, `tasks/result` and `tasks/cancel`; the target is not asked. */
export async function answerOwnTask(ask: Ask, task: NonNullable<Ask['ownTask']>, context: McpContext): Promise<JsonObject> {
  const id = requestIdOf(ask);
  const method = requestMethodOf(ask);
  if (method === 'tasks/cancel') await withdraw(task, ask.session, context);
  const view = await viewOf(task, ask.era, context);
  if (!view) return rpcError(id, -32602, 'no such task');
  if (view.approval.status === 'granted' && !context.tasks.isRunning(task.approval) && !view.outcome) void task.resume();
  if (method === 'tasks/cancel') return cancelled(id, view);
  if (method === 'tasks/result') return resultOf(id, await atEnd(ask, task, context), task);
  return { jsonrpc: '2.0', id, result: detailedTask(view) };
}

export interface ListedTasks {
  /** As they are recorded: by their approvals. */
  readonly tasks: readonly JsonObject[];
  /** The ids that their caller knows them by. */
  readonly ids: ReadonlyMap<string, string>;
}

export const NO_TASKS: ListedTasks = { tasks: [], ids: new Map() };

/** The caller's tasks as they are now, for the first page of a list. */
export async function listOwnTasks({ session, era, message }: Ask, context: McpContext): Promise<ListedTasks> {
  if (message?.kind !== 'request' || message.params['cursor'] !== undefined) return NO_TASKS;
  const opened = context.tasks.idsOf(ownerOf(session)).flatMap((id) => openTaskId(id, session, context.sessionKey) ?? []);
  const views = await Promise.all(opened.map((task) => viewOf(task, era, context)));
  return { tasks: views.flatMap((view) => (view ? [detailedTask(view)] : [])), ids: new Map(opened.map(({ approval, id }) => [approval, id])) };
}

/** The same bytes, a body or an event, with the ids that the caller knows its tasks by. */
export function withListedIds(bytes: Uint8Array, { ids }: ListedTasks): Uint8Array {
  return Buffer.from(
    Buffer.from(bytes)
      .toString()
      .replace(/"taskId":"([0-9A-Z]{26})"/g, (whole, id: string) => (ids.has(id) ? `"taskId":${JSON.stringify(ids.get(id))}` : whole)),
  );
}

/** The same bytes with the id that the caller knows the task by. */
export function withTaskId(bytes: Uint8Array, { id, approval }: OwnTask): Uint8Array {
  const message = parseJson(Buffer.from(bytes).toString());
  const result = isJsonObject(message) ? message['result'] : undefined;
  if (!isJsonObject(message) || !isJsonObject(result) || result['taskId'] !== approval) return bytes;
  return Buffer.from(writeJson({ ...message, result: { ...result, taskId: id } }));
}

export async function viewOf({ approval: id, digest }: OwnTask, era: Era, { gate, consoleUrl, times, tasks }: McpContext): Promise<TaskView | undefined> {
  const approval = await gate.approvals.get(id);
  if (approval?.digest !== digest) return undefined;
  return { approval, id, era, consoleUrl, pollMs: times.pollMs, outcome: tasks.outcome(id) };
}

/** Too late is no error: what runs runs on, and its task says so. */
async function withdraw({ approval }: OwnTask, { subject }: Session, { gate }: McpContext): Promise<Approval | undefined> {
  return gate.approvals.withdraw?.(approval, subject).catch(() => undefined);
}

function cancelled(id: RpcId | null, view: TaskView): JsonObject {
  if (view.era === 'modern') return { jsonrpc: '2.0', id, result: { resultType: 'complete' } };
  const { status } = stateOf(view);
  return status === 'cancelled' ? { jsonrpc: '2.0', id, result: detailedTask(view) } : rpcError(id, -32602, `too late to cancel: ${status}`);
}

/** Revision 2025-11-25: `tasks/result` blocks until there is one. */
async function atEnd(ask: Ask, task: OwnTask, context: McpContext): Promise<TaskState> {
  const until = Date.now() + context.times.holdMs;
  for (;;) {
    const view = await viewOf(task, ask.era, context);
    const state = view && stateOf(view);
    if (state?.status !== 'working') return state ?? NONE;
    if (Date.now() >= until || ask.responder.left.aborted) return state;
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

const NONE: TaskState = { status: 'failed', statusMessage: 'no such task', error: { code: -32602, message: 'no such task' } };

function resultOf(id: RpcId | null, { status, statusMessage, result, error }: TaskState, task: OwnTask): JsonObject {
  if (error) return { jsonrpc: '2.0', id, error };
  if (!result) return rpcError(id, -32603, status === 'cancelled' ? statusMessage : `not yet: ${statusMessage}`);
  const meta = isJsonObject(result['_meta']) ? result['_meta'] : {};
  return { jsonrpc: '2.0', id, result: { ...result, _meta: { ...meta, 'io.modelcontextprotocol/related-task': { taskId: task.id } } } };
}
