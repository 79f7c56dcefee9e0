/**
 * Tasks of the gateway's own: a held call whose caller can wait for a task. The approval's row is the task; the id carries,
 * sealed, what runs once people said yes, so that no process has to have been there when it was asked for.
 */
import type { Command } from '../../core/command.ts';
import { isJsonObject, member, parseJson, writeJson, type JsonObject, type JsonValue } from '../../core/json.ts';
import type { Session } from '../../core/session.ts';
import type { Approval } from '../../core/approval.ts';
import { boundTo } from './bound.ts';
import { metaMember, metaOf, type RpcMessage, type RpcRequest } from './codec.ts';
import { seal, unseal } from '../../core/seal.ts';
import type { Era } from './versions.ts';

export const TASKS_EXTENSION = 'io.modelcontextprotocol/tasks';
const CAPABILITIES = 'io.modelcontextprotocol/clientCapabilities';
const PREFIX = 'sallyport-task.';
/** An id is repeated in a header, and not everything on the way takes long ones. */
const MAX_ID = 4096;

/** A call as its caller made it. */
export interface MadeCall {
  readonly message: RpcMessage | undefined;
  readonly era: Era;
  readonly headers: Readonly<Record<string, string>>;
  readonly command: Command;
  readonly session: Session;
}

export interface OwnTask {
  readonly id: string;
  readonly approval: string;
  readonly era: Era;
  /** The call as it will be sent: without the wish for a task. */
  readonly request: RpcRequest;
  readonly headers: Readonly<Record<string, string>>;
  readonly digest: string;
  /** Hash of the tool's definition that people were shown. */
  readonly definition: string;
}

/** Whether this call may be answered with a task: the extension of 2026-07-28 where its client declares it, `params.task` before. */
export function wantsTask({ message, era, headers }: MadeCall): boolean {
  if (message?.kind !== 'request' || message.method !== 'tools/call') return false;
  if (era === 'modern') return isJsonObject(member(member(metaMember(message.params, 'clientCapabilities'), 'extensions'), TASKS_EXTENSION));
  return headers['mcp-protocol-version'] === '2025-11-25' && isJsonObject(member(message.params, 'task'));
}

/** The same call as one that is answered with its result: the target shall make no task of what is one already. */
export function withoutTask(request: RpcRequest): RpcRequest {
  const { task: _task, ...rest } = request.params;
  const capabilities = metaMember(rest, 'clientCapabilities');
  const extensions = member(capabilities, 'extensions');
  const params =
    isJsonObject(capabilities) && isJsonObject(extensions)
      ? { ...rest, _meta: { ...metaOf(rest), [CAPABILITIES]: { ...capabilities, extensions: leaveOut(extensions) } } }
      : rest;
  return { ...request, params, message: { ...request.message, params } };
}

/** The id of a new task; undefined where the call is too large to be carried in one. */
export function taskIdOf(approval: Approval, request: RpcRequest, call: MadeCall, key: Uint8Array): string | undefined {
  const { command, era, headers, session } = call;
  const { params } = withoutTask(request);
  const text = writeJson({ approval: approval.id, era, params, headers: { ...headers }, digest: command.digest, definition: command.definition });
  if (text.length > MAX_ID) return undefined;
  const id = PREFIX + seal(text, boundTo('task', session), key);
  return id.length > MAX_ID ? undefined : id;
}

/** Whose the tasks of a session are. */
export const ownerOf = (session: Session): string => JSON.stringify(boundTo('task', session));

/** The task of this caller's; undefined where the id is another's, altered, or the target's. */
export function openTaskId(id: JsonValue | undefined, session: Session, key: Uint8Array): OwnTask | undefined {
  if (typeof id !== 'string' || !id.startsWith(PREFIX)) return undefined;
  const text = id.length > MAX_ID ? undefined : unseal(id.slice(PREFIX.length), boundTo('task', session), key);
  if (text === undefined) return undefined;
  // Only the gateway can have written it.
  const { approval, era, params, headers, digest, definition } = parseJson(text) as unknown as Omit<OwnTask, 'id' | 'request'> & {
    readonly params: JsonObject;
  };
  const message = { jsonrpc: '2.0', id: approval, method: 'tools/call', params };
  return { id, approval, era, headers, digest, definition, request: { kind: 'request', id: approval, method: 'tools/call', params, message } };
}

/** What a rule could be about is the approval, and what is recorded is not the sealed call. */
export function aboutTask(request: RpcRequest, { approval }: Pick<OwnTask, 'approval'>): RpcRequest {
  const params = { ...request.params, taskId: approval };
  return { ...request, params, message: { ...request.message, params } };
}

export function isSameCall(task: OwnTask, command: Command): boolean {
  return task.digest === command.digest && task.definition === command.definition;
}

function leaveOut(extensions: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(extensions).filter(([name]) => name !== TASKS_EXTENSION));
}
