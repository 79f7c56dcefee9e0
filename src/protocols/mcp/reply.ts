import { isJsonArray, isJsonObject, member, writeJson, type JsonObject, type JsonValue } from '../../core/json.ts';
import type { Masked, Masker } from '../../core/masker.ts';
import type { MaskedPart, ReplyPart } from '../../core/reply-part.ts';
import { isForbiddenHost } from '../../network/address.ts';
import type { RpcId } from './codec.ts';
import { maskMessage } from './mask.ts';
import { writeEvent, type SseEvent } from './sse.ts';

const JSON_TYPE = 'application/json';
const NOTHING: MaskedPart = { bytes: new Uint8Array(0), contentType: JSON_TYPE, applied: [] };

/** One message from the target on its way to the caller: `status` is the HTTP status of a JSON answer. */
export interface Reply {
  readonly part: ReplyPart;
  readonly status: number;
  /** Where it came as an event: its id and its bytes, which travel unchanged when nothing was masked. */
  readonly event: SseEvent | undefined;
  readonly text: string;
  /** Id of the target's request, where it is one: once shown, the caller may answer it. */
  readonly question?: RpcId;
}

export interface MessageReply {
  readonly message: JsonObject;
  readonly text: string;
  readonly event: SseEvent | undefined;
  readonly status: number;
  readonly final: boolean;
  /** The method that it answers, where it is a response. */
  readonly method: string;
  /** Leaves out of a result what the caller may not see. */
  readonly filter: (method: string, result: JsonValue) => JsonValue;
  readonly asks?: ReplyPart['asks'];
}

export function messageReply(from: MessageReply): Reply {
  const part: ReplyPart = {
    kind: from.final ? 'final' : 'chunk',
    status: Object.hasOwn(from.message, 'error') ? 'error' : 'ok',
    mask: (masker) => maskedPart(from, masker),
    raw: () => ({ ...NOTHING, bytes: Buffer.from(from.text) }),
    ...(from.asks ? { asks: from.asks } : {}),
    ...noteOnLinks(member(from.message, 'result')),
  };
  return { part, status: from.status, event: from.event, text: from.text };
}

/** A status without a message: a notification taken, a session ended, a stream that the target does not offer (405, which is no failure). */
export function emptyReply(status: number): Reply {
  const part: ReplyPart = { kind: 'final', status: status < 400 || status === 405 ? 'ok' : 'error', mask: () => NOTHING, raw: () => NOTHING };
  return { part, status, event: undefined, text: '' };
}

/** An answer of the gateway's own to a request that it takes itself. */
export function ownReply(message: JsonObject): Reply {
  return messageReply({ message, text: writeJson(message), event: undefined, status: 200, final: true, method: '', filter: (_method, result) => result });
}

/** Something already masked, from what is kept for a caller that lost its connection. */
export function keptReply(text: string): Reply {
  const masked: MaskedPart = { bytes: Buffer.from(text), contentType: 'text/event-stream', applied: [] };
  const part: ReplyPart = { kind: 'chunk', status: 'ok', mask: () => masked, raw: () => masked };
  return { part, status: 200, event: undefined, text };
}

/** The event for the caller: the target's own bytes where nothing changed. */
export function eventText(reply: Reply, bytes: Uint8Array): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
  return reply.event && text === reply.text ? reply.event.raw : writeEvent(text, reply.event);
}

function maskedPart(from: MessageReply, masker: Masker): MaskedPart {
  const filtered = withResult(from.message, (result) => from.filter(from.method, result));
  const { value, applied }: Masked<JsonValue> = maskMessage(filtered, masker);
  const text = value === from.message ? from.text : writeJson(value);
  return { bytes: Buffer.from(text), contentType: JSON_TYPE, applied };
}

function withResult(message: JsonObject, change: (result: JsonValue) => JsonValue): JsonObject {
  const result = member(message, 'result');
  if (!isJsonObject(result)) return message;
  const changed = change(result);
  return changed === result ? message : { ...message, result: changed };
}

/** Links that nobody should follow from where a client stands: cloud metadata, files of its machine. They are passed on, never fetched, and noted. */
function noteOnLinks(result: JsonValue | undefined): Pick<ReplyPart, 'note'> {
  const content = member(result, 'content');
  if (!isJsonArray(content)) return {};
  const doubtful = content.some((block) => member(block, 'type') === 'resource_link' && isDoubtful(member(block, 'uri')));
  return doubtful ? { note: 'flag: link to a file or a metadata address' } : {};
}

function isDoubtful(uri: JsonValue | undefined): boolean {
  if (typeof uri !== 'string' || !URL.canParse(uri)) return false;
  const { protocol, hostname } = new URL(uri);
  return protocol === 'file:' || (/^https?:$/.test(protocol) && isForbiddenHost(hostname, 'configured'));
}
