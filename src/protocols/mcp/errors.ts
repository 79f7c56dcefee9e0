import type { Approval } from '../../core/approval.ts';
import type { Decision } from '../../core/decision.ts';
import type { ErrorCode, SallyportError } from '../../core/error.ts';
import { isJsonObject, member, type JsonObject, type JsonValue } from '../../core/json.ts';
import type { Refusal } from '../../core/refusing.ts';
import type { RpcId } from './codec.ts';
import type { Era } from './versions.ts';

/** What the caller is told, before it is put into bytes. */
export interface RpcReply {
  readonly status: number;
  readonly message: JsonObject;
}

/** Codes of our own lie outside -32768..-32000, which belongs to JSON-RPC and to MCP. */
const DENIED = 403;

export interface Asked {
  readonly id: RpcId | null;
  readonly method: string;
  readonly era: Era;
  /** Unknown methods are answered as by a server that does not have them. */
  readonly known: boolean;
  /** Where approvers answer, for the text that a waiting caller sees. */
  readonly consoleUrl: string;
}

export function rpcError(id: RpcId | null, code: number, message: string, data?: JsonValue): JsonObject {
  return { jsonrpc: '2.0', id, error: { code, message, ...(data === undefined ? {} : { data }) } };
}

/** A refusal in MCP's own form: a result with `isError` for `tools/call`, a JSON-RPC error for all else. */
export function refusalReply(refusal: Refusal, asked: Asked): RpcReply {
  switch (refusal.kind) {
    case 'denied':
      return asked.known ? policyReply(asked, deniedText(refusal.decision), verdict('deny', refusal.decision, refusal.event)) : noSuchMethod(asked);
    case 'invalid':
      return { status: 200, message: rpcError(asked.id, -32602, refusal.message, { event: refusal.event }) };
    case 'approval':
      return approvalReply(asked, refusal.approval, refusal.decision, refusal.event);
    case 'failed':
      return failedReply(asked, refusal.error, refusal.event);
    default:
      return refusal satisfies never;
  }
}

function noSuchMethod(asked: Asked): RpcReply {
  return { status: asked.era === 'modern' ? 404 : 200, message: rpcError(asked.id, -32601, 'method not found') };
}

/** How HTTP names a failure of the gateway or of the target. */
export function httpStatus(code: ErrorCode): number {
  return STATUS[code] ?? 500;
}

const STATUS: Readonly<Partial<Record<ErrorCode, number>>> = {
  json_invalid: 400,
  json_ambiguous: 400,
  limit_exceeded: 413,
  not_found: 404,
  record_failed: 503,
  storage_failed: 503,
  masking_failed: 502,
  credential_missing: 502,
  upstream_unreachable: 502,
  upstream_invalid: 502,
  upstream_timeout: 504,
};

function verdict(decision: 'deny' | 'pending', from: Decision, event: string): JsonObject {
  return { decision, rule: from.rule, id: event };
}

function policyReply(asked: Asked, text: string, data: JsonObject): RpcReply {
  if (asked.method !== 'tools/call') return { status: 200, message: rpcError(asked.id, DENIED, text, { 'dev.sallyport/decision': data }) };
  const result: JsonObject = {
    ...(asked.era === 'modern' ? { resultType: 'complete' } : {}),
    content: [{ type: 'text', text }],
    isError: true,
    _meta: { 'dev.sallyport/decision': data },
  };
  return { status: 200, message: { jsonrpc: '2.0', id: asked.id, result } };
}

function deniedText(decision: Decision): string {
  return `DENIED by rule "${decision.rule}". Not executed. ${sentence(decision.reason)} ${retryText(decision)}`;
}

/** The approval for programs: `_meta["dev.sallyport/approval"]`. */
export function approvalNote(approval: Approval, consoleUrl: string): JsonObject {
  return { id: approval.id, status: approval.status, url: `${consoleUrl}/approvals/${approval.id}`, retryAfterMs: 60_000 };
}

/** A limit that is reached is no verdict on the call. */
function retryText(decision: Decision): string {
  const wait = decision.effect === 'deny' ? decision.retryAfterMs : undefined;
  return wait === undefined ? 'Do not retry it unchanged.' : `Wait ${Math.max(1, Math.ceil(wait / 1000))} s before you call again.`;
}

function approvalReply(asked: Asked, approval: Approval, decision: Decision, event: string): RpcReply {
  const about = approvalNote(approval, asked.consoleUrl);
  const where = `${asked.consoleUrl}/approvals/${approval.id}`;
  const status = approval.status === 'pending' || approval.status === 'executing' ? 'pending' : 'deny';
  const reply = policyReply(asked, approvalText(approval, where), { ...verdict(status, decision, event), id: approval.id });
  if (asked.method !== 'tools/call') return reply;
  return { ...reply, message: withMeta(reply.message, 'dev.sallyport/approval', about) };
}

/** What somebody who waits is told while people have not answered. */
export function waitingText(approval: Approval, consoleUrl: string): string {
  return `waiting for approval ${approval.id} by ${approvers(approval)}: ${consoleUrl}/approvals/${approval.id}`;
}

function approvalText(approval: Approval, where: string): string {
  const rule = approval.decision.rule;
  switch (approval.status) {
    case 'pending':
      return `APPROVAL_PENDING id=${approval.id}. Not executed. Rule "${rule}" asks a person (${approvers(approval)}) to approve exactly this call: ${where} . Call this tool again with exactly the same arguments in about 60 s; do not change them.`;
    case 'denied':
      return `APPROVAL_DENIED id=${approval.id}. Not executed. A person said no under rule "${rule}"${answerReason(approval)}. Do not retry it; ask them what to change.`;
    case 'expired':
      return `APPROVAL_EXPIRED id=${approval.id}. Not executed. Nobody answered in time under rule "${rule}", or the approval was not used in time. Call again to ask anew.`;
    case 'withdrawn':
      return `APPROVAL_WITHDRAWN id=${approval.id}. Not executed. The request was withdrawn. Call again to ask anew.`;
    case 'executing':
      return `APPROVAL_EXECUTING id=${approval.id}. It was approved and is running now. Call again with exactly the same arguments to get its result; it will not run twice.`;
    case 'indeterminate':
      return `OUTCOME_UNKNOWN id=${approval.id}. It was approved and sent, but its outcome was lost. It is not repeated by itself: check the target, then ask for a new approval.`;
    case 'granted':
    case 'consumed':
      return `APPROVAL_USED id=${approval.id}. Not executed again. Call again to ask anew.`;
    default:
      return approval.status satisfies never;
  }
}

function approvers(approval: Approval): string {
  return [...new Set(approval.decision.approvals.flatMap((each) => each.from))].join(', ');
}

function answerReason(approval: Approval): string {
  const reason = approval.answers.findLast((each) => each.answer === 'deny')?.reason;
  return reason ? `: ${reason}` : '';
}

/** Nothing is wrong with gateway or target, and the person who asked can mend it: said to whoever reads results, with the page. */
function notConnectedReply(asked: Asked, error: SallyportError, event: string): RpcReply {
  const where = error.hint === undefined ? '' : ` ${sentence(error.hint)}`;
  const text = `NOT_CONNECTED. Not executed. ${sentence(error.message)}${where}`;
  const reply = policyReply(asked, text, { decision: 'deny', rule: 'connect', id: event });
  return asked.method === 'tools/call' && error.link !== undefined
    ? { ...reply, message: withMeta(reply.message, 'dev.sallyport/connect', { url: error.link }) }
    : reply;
}

function failedReply(asked: Asked, error: SallyportError, event: string): RpcReply {
  if (error.code === 'not_connected') return notConnectedReply(asked, error, event);
  const text = error.hint === undefined ? error.message : `${error.message} (${error.hint})`;
  return { status: httpStatus(error.code), message: rpcError(asked.id, -32603, text, { code: error.code, event }) };
}

/** The same message with one more member in its result's `_meta`. */
function withMeta(message: JsonObject, key: string, value: JsonValue): JsonObject {
  // It is called only where there is a result; a result and its `_meta` are objects.
  const result = message['result'] as JsonObject;
  const meta = (result['_meta'] ?? {}) as JsonObject;
  return { ...message, result: { ...result, _meta: { ...meta, [key]: value } } };
}

/** The same message with one more member where its kind has room for it: a result's `_meta`, an error's `data`. */
export function withNote(message: JsonObject, key: string, value: JsonValue): JsonObject {
  if (isJsonObject(message['result'])) return withMeta(message, key, value);
  const error = message['error'];
  const data = member(error, 'data') ?? {};
  return isJsonObject(error) && isJsonObject(data) ? { ...message, error: { ...error, data: { ...data, [key]: value } } } : message;
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
