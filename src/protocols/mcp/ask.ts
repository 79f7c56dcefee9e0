import type { Command } from '../../core/command.ts';
import { member, type JsonObject, type JsonValue } from '../../core/json.ts';
import type { Session } from '../../core/session.ts';
import type { Steps } from '../../core/steps.ts';
import { metaOf, type RpcMessage, type RpcRequest } from './codec.ts';
import type { MayList } from './lists.ts';
import type { OwnTask } from './own-task.ts';
import type { Responder } from './responder.ts';
import type { Round } from './round.ts';
import type { McpSession } from './session-id.ts';
import type { UpstreamCall } from './transport.ts';
import type { Era } from './versions.ts';

/** One message of the caller, or the opening or end of its session, with everything that is known about it. */
export interface Ask {
  readonly verb: UpstreamCall['verb'];
  readonly message: RpcMessage | undefined;
  readonly bytes: Uint8Array | undefined;
  readonly command: Command;
  readonly session: Session;
  readonly mcpSession: McpSession | undefined;
  readonly era: Era;
  readonly headers: UpstreamCall['headers'];
  readonly lastEventId: string | undefined;
  /** When the caller's token ends; epoch milliseconds. */
  readonly expiresAt: number;
  readonly clientName: string;
  readonly mayList: MayList;
  /** Whether people may be asked about calls of this caller. */
  readonly mayHold: () => boolean;
  readonly responder: Responder;
  /** Hears how far it is. */
  readonly steps?: Steps | undefined;
  /** The held call that this one repeats. */
  readonly round?: Round;
  /** Tasks of the gateway's own that it subscribes to. */
  readonly watched?: readonly OwnTask[];
  /** The task that it asks about, where that is one of the gateway's own; `resume` runs it where nothing here does. */
  readonly ownTask?: OwnTask & { readonly resume: () => Promise<void> };
  /** The approval of the task that it runs, and what to call when it is over. */
  readonly resumes?: { readonly approval: string; readonly end: (outcome?: JsonObject) => void };
}

/** The id that an answer has to carry; null where nothing is awaited. */
export function requestIdOf({ message }: Ask): RpcRequest['id'] | null {
  return message?.kind === 'request' ? message.id : null;
}

/** The method that an answer is to; empty where nothing is awaited. */
export function requestMethodOf({ message }: Ask): string {
  return message?.kind === 'request' ? message.method : '';
}

export function progressTokenOf({ message }: Ask): JsonValue | undefined {
  return message?.kind === 'request' ? member(metaOf(message.params), 'progressToken') : undefined;
}
