import type { JsonObject } from '../../core/json.ts';
import { metaOf, type RpcRequest } from './codec.ts';

/** What a tool call consists of: everything of it that a Command has, and the wish for a task. */
const CALL = new Set(['name', 'arguments', 'inputResponses', 'requestState', 'task', '_meta']);
/** The protocol's own words, and what traces a call through systems. */
const META = /^(?:io\.modelcontextprotocol\/.*|progressToken|traceparent|tracestate)$/;

/**
 * The request as people agreed to it. Clients send what they like beside a call's arguments, and another of it with each
 * repeat; a target could act on it and no approver has seen it, so it stays behind. The same object where nothing does.
 */
export function asApproved(request: RpcRequest): RpcRequest {
  const { method, params } = request;
  const kept = method === 'tools/call' ? keep(params, (key) => CALL.has(key)) : params;
  const meta = metaOf(kept);
  const known = keep(meta, (key) => META.test(key));
  if (kept === params && known === meta) return request;
  const next: JsonObject = known === meta ? kept : { ...kept, _meta: known };
  return { ...request, params: next, message: { ...request.message, params: next } };
}

function keep(object: JsonObject, isKept: (key: string) => boolean): JsonObject {
  const keys = Object.keys(object);
  return keys.every(isKept) ? object : Object.fromEntries(keys.filter(isKept).map((key) => [key, object[key] ?? null]));
}
