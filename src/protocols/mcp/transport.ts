import type { TraceContext } from '../../core/steps.ts';
import type { Subject } from '../../core/subject.ts';
import type { ResolvedCredential } from '../../credential/credential.ts';
import type { RpcMessage } from './codec.ts';
import type { McpSession } from './session-id.ts';
import type { SseEvent } from './sse.ts';

/** One message for the target, or the opening of its stream, or the end of a session. */
export interface UpstreamCall {
  readonly verb: 'POST' | 'GET' | 'DELETE';
  /** The message of a POST. */
  readonly message?: RpcMessage;
  /** Its bytes as the caller sent them; absent where the gateway writes the message itself. */
  readonly bytes?: Uint8Array;
  /** Protocol headers by lower-case name: version, method, name, parameters, trace context, last event id. */
  readonly headers: Readonly<Record<string, string>>;
  /** The trace that the gateway makes of the call, in place of its caller's. */
  readonly trace?: TraceContext | undefined;
  readonly session: McpSession | undefined;
  /** Who asks, where it is not the gateway itself: callers without a session share nothing with those of another subject. */
  readonly owner?: string;
  /** For whom a target is opened that is not the same for everybody. */
  readonly subject?: Subject | undefined;
  readonly signal: AbortSignal;
}

/** What comes back, in order: one `head`, then messages. `primer` is an event without data that only carries an id. */
export type UpstreamEvent =
  | { readonly kind: 'head'; readonly status: number; readonly stream: boolean; readonly sessionId: string | undefined }
  | { readonly kind: 'primer'; readonly event: SseEvent }
  | { readonly kind: 'message'; readonly text: string; readonly message: RpcMessage; readonly event: SseEvent | undefined };

/** A reply with a status and nothing else. */
export const empty = (status: number): UpstreamEvent => ({ kind: 'head', status, stream: false, sessionId: undefined });

/** What opens the target for a call. Asked for each. */
export type ReadCredential = (call: UpstreamCall) => Promise<ResolvedCredential>;

/** The wire under an upstream. */
export interface Transport {
  send(call: UpstreamCall): AsyncIterable<UpstreamEvent>;
  close(): Promise<void>;
}
