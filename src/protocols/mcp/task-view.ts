import type { Approval } from '../../core/approval.ts';
import { isJsonObject, member, parseJson, type JsonObject } from '../../core/json.ts';
import { refusalReply, rpcError, waitingText } from './errors.ts';
import type { Era } from './versions.ts';

/** The same command, asked again, hears its result for so long after it ran, and so does who asks for the task. */
const KEPT_MS = 60_000;

/** An approval as the task that its caller sees. */
export interface TaskView {
  readonly approval: Approval;
  readonly id: string;
  readonly era: Era;
  readonly consoleUrl: string;
  readonly pollMs: number;
  /** What the pipeline said no to after people had said yes. */
  readonly outcome?: JsonObject | undefined;
}

export interface TaskState {
  readonly status: 'working' | 'completed' | 'failed' | 'cancelled';
  readonly statusMessage: string;
  readonly result?: JsonObject;
  readonly error?: JsonObject;
}

/** The result that makes the caller wait for the task. */
export function createdTask(view: TaskView): JsonObject {
  const task = taskOf(view, stateOf(view));
  return view.era === 'modern' ? { resultType: 'task', ...task } : { task };
}

/** The result of `tasks/get`; the later generation has the outcome in it. */
export function detailedTask(view: TaskView): JsonObject {
  const state = stateOf(view);
  const task = taskOf(view, state);
  if (view.era === 'legacy') return task;
  const { result, error } = state;
  return { resultType: 'complete', ...task, ...(result ? { result } : {}), ...(error ? { error } : {}) };
}

export function stateOf({ approval, outcome, era, consoleUrl }: TaskView): TaskState {
  if (outcome) return endedBy(outcome);
  switch (approval.status) {
    case 'pending':
      return { status: 'working', statusMessage: waitingText(approval, consoleUrl) };
    case 'granted':
    case 'executing':
      return { status: 'working', statusMessage: 'approved: it is being run' };
    case 'consumed':
      return endedBy(keptMessage(approval));
    case 'withdrawn':
      return { status: 'cancelled', statusMessage: 'the request was withdrawn, and did not run' };
    case 'denied':
    case 'expired':
    case 'indeterminate': {
      const asked = { id: null, method: 'tools/call', era, known: true, consoleUrl };
      const reply = refusalReply({ kind: 'approval', approval, decision: approval.decision, event: approval.id }, asked);
      return endedBy(reply.message);
    }
    default:
      return approval.status satisfies never;
  }
}

function taskOf({ approval, id, era, pollMs }: TaskView, { status, statusMessage }: TaskState): JsonObject {
  const { createdAt, expiresAt, answers } = approval;
  const ttl = expiresAt - createdAt + KEPT_MS;
  return {
    taskId: id,
    status,
    statusMessage,
    createdAt: new Date(createdAt).toISOString(),
    lastUpdatedAt: new Date(Math.max(createdAt, ...answers.map(({ at }) => at))).toISOString(),
    ...(era === 'modern' ? { ttlMs: ttl, pollIntervalMs: pollMs } : { ttl, pollInterval: pollMs }),
  };
}

function keptMessage({ result }: Approval): JsonObject {
  const kept = result === undefined || result === '' ? undefined : parseJson(result);
  return isJsonObject(kept) ? kept : rpcError(null, -32603, 'the result is no longer kept: call again to ask anew');
}

/** A refusal of the gateway is a result, as it is without a task: models read results. */
function endedBy(message: JsonObject): TaskState {
  const error = member(message, 'error');
  const why = member(error, 'message');
  if (isJsonObject(error)) return { status: 'failed', statusMessage: typeof why === 'string' ? why : 'it failed', error };
  const result = member(message, 'result');
  if (isJsonObject(result) && isFinished(result)) return { status: 'completed', statusMessage: 'it has ended', result };
  return endedBy(rpcError(null, -32603, 'the target asked for more before it would answer, which a call that waited as a task cannot give'));
}

function isFinished(result: JsonObject): boolean {
  const type = member(result, 'resultType');
  return (type === undefined || type === 'complete') && !Object.hasOwn(result, 'task');
}
