/**
 * The rounds of a held call. A client that is known to repeat a call by itself gets a result that says `input_required` with
 * nothing but a `requestState`; what it sends back is opened here, before anything else sees the call. The target never
 * hears of it.
 */
import { member, parseJson, writeJson, type JsonObject } from '../../core/json.ts';
import type { Session } from '../../core/session.ts';
import { boundTo } from './bound.ts';
import type { RpcMessage, RpcRequest } from './codec.ts';
import { seal, unseal } from '../../core/seal.ts';

/** Eight of 45 s are six minutes; SDKs give up after ten, and the target may want some for itself. */
const MAX_ROUNDS = 8;
/** A client repeats within moments; one that comes later calls anew. */
const LIFE_MS = 10 * 60_000;
/** Of what the client sent for the target: it has to travel in each round. */
const MAX_CARRIED = 16 << 10;
const PREFIX = 'sallyport.1.';
const CARRIED = ['requestState', 'inputResponses'] as const;

export interface Round {
  readonly approval: string;
  /** Of the command that waits: another one does not continue it. */
  readonly digest: string;
  /** How many rounds ended before this one. */
  readonly ended: number;
}

export interface RoundParts {
  readonly session: Session;
  readonly key: Uint8Array;
  readonly now: number;
}

/** The call as the client means it for the target, and the round that it continues. */
export type Restored = { readonly message: RpcMessage; readonly round?: Round } | { readonly problem: string };

/** The `requestState` of the next round; undefined after the last one, and where what has to be carried is too large. */
export function nextRound(round: Round, { params }: RpcRequest, { session, key, now }: RoundParts): string | undefined {
  const ended = round.ended + 1;
  const carried = writeJson(pick(params));
  if (ended >= MAX_ROUNDS || carried.length > MAX_CARRIED) return undefined;
  const text = writeJson([round.approval, round.digest, ended, now + LIFE_MS, carried]);
  return PREFIX + seal(text, boundTo('request-state', session), key);
}

/** Opens a `requestState` of the gateway; the target's own one is left as it is. */
export function restoreCall(message: RpcMessage, parts: RoundParts): Restored {
  const state = message.kind === 'request' ? member(message.params, 'requestState') : undefined;
  if (message.kind !== 'request' || typeof state !== 'string' || !state.startsWith(PREFIX)) return { message };
  const text = unseal(state.slice(PREFIX.length), boundTo('request-state', parts.session), parts.key);
  if (text === undefined) return REFUSED;
  // Only the gateway can have written it.
  const [approval, digest, ended, until, carried] = JSON.parse(text) as [string, string, number, number, string];
  if (until <= parts.now) return REFUSED;
  // Neither has anybody else written what it carries.
  const params = { ...without(message.params), ...(parseJson(carried) as JsonObject) };
  return { message: { ...message, params, message: { ...message.message, params } }, round: { approval, digest, ended } };
}

const REFUSED: Restored = { problem: 'this requestState is not yours, altered, or too old: call again without it' };

function pick(params: JsonObject): JsonObject {
  return Object.fromEntries(CARRIED.flatMap((key) => (Object.hasOwn(params, key) ? [[key, member(params, key) ?? null]] : [])));
}

function without(params: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(params).filter(([key]) => !CARRIED.some((each) => each === key)));
}
