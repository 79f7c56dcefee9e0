import type { Command } from '../../core/command.ts';
import { isJsonArray, member, type JsonObject, type JsonValue } from '../../core/json.ts';
import type { Gate } from '../../core/gate.ts';
import type { Session } from '../../core/session.ts';
import { subjectKey } from '../../core/subject.ts';
import type { RpcMessage, RpcNotification, RpcRequest, RpcResponse } from './codec.ts';
import { commandOf, isKnown, transportCommand, urisOf } from './command.ts';
import { checkParams, undeclaredParams, type HeaderProblem, type McpHeaders } from './headers.ts';
import type { TargetSide } from './side.ts';
import { uriProblem } from './uri.ts';
import type { Era } from './versions.ts';
import { isReadOnlyTool, writeBackProblem } from './write-back.ts';

export interface Question<M extends RpcMessage = RpcMessage> {
  readonly message: M;
  readonly era: Era;
  readonly session: Session;
  readonly headers: McpHeaders;
  readonly side: TargetSide;
  readonly gate: Gate;
}

export type Understood = { readonly command: Command } | { readonly problem: HeaderProblem };

/** A message as a Command, with the objection that the target's own definitions raise against it. Throws where the target cannot be asked for them. */
export async function understand(question: Question): Promise<Understood> {
  const { message, era, side, session } = question;
  if (message.kind === 'response') return understandAnswer({ ...question, message });
  const { params, method } = message;
  const known = isKnown(method, era);
  if (known && method === 'tools/call') return understandCall({ ...question, message });
  if (method === 'notifications/cancelled' && !side.underWay.isRunning(session.id, member(params, 'requestId')))
    return { command: commandOf(message, era, { objection: 'no request of this session has that id' }) };
  const headers = era === 'modern' ? undeclaredParams(question.headers) : undefined;
  const wrongUri = known ? firstProblem(urisOf(message)) : undefined;
  if (wrongUri !== undefined) return { command: commandOf(message, era, { objection: wrongUri, headers }) };
  if (known && method.startsWith('tasks/') && method !== 'tasks/list') return { command: aboutTargetsTask(question, message, headers) };
  if (known && method === 'subscriptions/listen')
    return { command: commandOf(message, era, { objection: firstOf(watchedTasks(params).map((id) => taskProblem(id, question))), headers }) };
  return { command: commandOf(message, era, { headers }) };
}

/** The specification has 400 for an answer that cannot be taken; one to a question that was never put would be taken by whoever put another. */
function understandAnswer({ message, side, session }: Question<RpcResponse>): Understood {
  if (side.underWay.answer(session.id, message.id)) return { command: transportCommand('answer') };
  return { problem: { code: -32600, message: 'bad request: nothing was asked that this would answer' } };
}

function firstProblem(uris: readonly JsonValue[]): string | undefined {
  return firstOf(uris.map((uri) => (typeof uri === 'string' ? uriProblem(uri) : 'a uri is a string')));
}

function firstOf(problems: readonly (string | undefined)[]): string | undefined {
  return problems.find((problem) => problem !== undefined);
}

/** The tasks whose changes a subscription would hear of. */
function watchedTasks(params: JsonObject): readonly JsonValue[] {
  const ids = member(member(params, 'notifications'), 'taskIds') ?? [];
  return isJsonArray(ids) ? ids : [ids];
}

/** The tool that is called, whether its arguments fit, whether headers and arguments agree. */
async function understandCall({ message, era, session, headers, side, gate }: Question<RpcRequest | RpcNotification>): Promise<Understood> {
  const named = member(message.params, 'name');
  const name = typeof named === 'string' ? named : '';
  const seen = await side.catalog.peek(name);
  // Whoever may not use the tool learns nothing of it, not even whether it exists; and the target is not asked.
  if (!seen && gate.decide(session, commandOf(message, era)).effect === 'deny') return { command: commandOf(message, era) };
  const known = seen ?? (await side.catalog.find(name, session.subject));
  if (!known) return { command: commandOf(message, era, { objection: `unknown tool ${JSON.stringify(name.slice(0, 120))}` }) };
  const args = member(message.params, 'arguments') ?? {};
  const problem = era === 'modern' ? checkParams(known.tool.headers, args, headers) : undefined;
  if (problem) return { problem };
  const { tool } = known;
  const given = [args, member(message.params, 'inputResponses') ?? null];
  const stray = era === 'modern' ? undeclaredParams(headers, tool.headers) : undefined;
  const command = commandOf(message, era, { tool, objection: known.check(args) ?? writeBackProblem(session.target, name, given), headers: stray });
  return { command: isReadOnlyTool(session.target, name) ? { ...command, traits: { ...command.traits, readOnly: true } } : command };
}

/** What is sent to a task of the target's. More input for one whose call takes people's approval takes it as well: they agreed to that call, not to this. */
function aboutTargetsTask(question: Question, message: RpcRequest | RpcNotification, headers: JsonObject | undefined): Command {
  const { side, session, gate, era } = question;
  const id = member(message.params, 'taskId');
  const command = commandOf(message, era, { objection: taskProblem(id, question), headers });
  const started = message.method === 'tasks/update' ? side.tasks.startedBy(id, subjectKey(session.subject)) : undefined;
  if (!started || gate.decide(session, started).effect !== 'review') return command;
  return { ...command, effects: [...command.effects, ...started.effects] };
}

/** A task is its owner's, and as long as what started it is allowed: to everybody else there is none. */
function taskProblem(id: JsonValue | undefined, { side, session, gate }: Question): string | undefined {
  const command = side.tasks.startedBy(id, subjectKey(session.subject));
  return command && gate.decide(session, command).effect !== 'deny' ? undefined : 'no such task';
}
