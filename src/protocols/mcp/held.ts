/**
 * What callers of held calls bring back: the state of a round, the id of a task. Both are opened before anything else looks
 * at the message, and only here; the target sees neither.
 */
import type { Session } from '../../core/session.ts';
import type { RpcMessage, RpcRequest } from './codec.ts';
import { commandOf, isKnown } from './command.ts';
import { aboutTask, openTaskId, type OwnTask } from './own-task.ts';
import { restoreCall, type Round } from './round.ts';
import type { McpContext } from './side.ts';
import { taskCommand } from './task-answer.ts';
import { understand, type Question, type Understood } from './understand.ts';
import type { Era } from './versions.ts';
import { watchedTasks } from './watched-tasks.ts';

export interface Brought {
  /** As it goes on from here. */
  readonly message: RpcMessage;
  readonly understood: Understood;
  readonly round?: Round;
  readonly task?: OwnTask;
  /** Tasks of the gateway's own that it subscribes to; the message is without them. */
  readonly watched?: readonly OwnTask[];
}

export async function understandHeld(question: Question, context: McpContext): Promise<Brought> {
  const { message, era, session } = question;
  if (message.kind !== 'request') return { message, understood: await understand(question) };
  const task = ownTaskOf(message, era, session, context.sessionKey);
  if (task) return { message: aboutTask(message, task), understood: { command: await taskCommand(message, question, task) }, task };
  const watched = era === 'modern' ? watchedTasks(message, session, context.sessionKey) : undefined;
  if (watched) return { message: watched.message, understood: await understand({ ...question, message: watched.message }), watched: watched.tasks };
  const restored = era === 'modern' ? restoreCall(message, { session, key: context.sessionKey, now: Date.now() }) : { message };
  if ('problem' in restored) return { message, understood: { command: commandOf(message, era, { objection: restored.problem }) } };
  const understood = await understand({ ...question, message: restored.message });
  const { round } = restored;
  if (!round || 'problem' in understood) return { message: restored.message, understood };
  const objection = understood.command.objection ?? (await roundProblem(round, understood.command.digest, context));
  return { message: restored.message, understood: { command: objection === undefined ? understood.command : { ...understood.command, objection } }, round };
}

/** Nobody is asked anew by a program that repeats a call by itself. */
async function roundProblem(round: Round, digest: string, { gate }: McpContext): Promise<string | undefined> {
  if (round.digest !== digest) return 'this requestState is of another call: call again without it';
  const approval = await gate.approvals.get(round.approval);
  return approval === undefined || approval.status === 'withdrawn'
    ? 'the request for approval was withdrawn: call again without requestState to ask anew'
    : undefined;
}

function ownTaskOf(message: RpcRequest, era: Era, session: Session, key: Uint8Array): OwnTask | undefined {
  const { method, params } = message;
  if (!method.startsWith('tasks/') || method === 'tasks/list' || !isKnown(method, era)) return undefined;
  return openTaskId(params['taskId'], session, key);
}
