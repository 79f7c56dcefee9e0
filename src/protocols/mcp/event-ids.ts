/**
 * Ids of events as callers see them. A target writes what it likes into an id and no mask looks there, so its own is sealed for
 * the session that may go on from it, and opened again when that session asks. Any process with the key can do that, as with the
 * session's id. Without a session nothing can be gone on with, and there are no ids.
 */
import { seal, unseal } from '../../core/seal.ts';
import type { McpSession } from './session-id.ts';
import { writeEvent, type SseEvent } from './sse.ts';
import type { UpstreamCall, UpstreamEvent } from './transport.ts';

export type StreamEvent = Exclude<UpstreamEvent, { kind: 'head' }>;

const HEADER = 'last-event-id';

export interface EventIds {
  /** The call as the target knows it; undefined where it names an event that is none of its session's. */
  opened(call: UpstreamCall): UpstreamCall | undefined;
  /** What the session hears of an event of its stream; undefined where that is nothing. */
  heard(event: StreamEvent, session: McpSession | undefined): StreamEvent | undefined;
}

/** `key`: 32 bytes. */
export function createEventIds(target: string, key: Uint8Array): EventIds {
  const bound = ({ id }: McpSession): readonly string[] => ['event', target, id];
  const sealed = (event: SseEvent, session: McpSession | undefined): SseEvent =>
    renamed(event, session && event.id ? seal(event.id, bound(session), key) : undefined);
  return {
    opened(call) {
      const wanted = call.headers[HEADER];
      if (wanted === undefined) return call;
      const id = call.session && unseal(wanted, bound(call.session), key);
      return id === undefined ? undefined : { ...call, headers: { ...call.headers, [HEADER]: id } };
    },
    heard: (event, session) => (event.event?.id === undefined ? event : saying(event, sealed(event.event, session))),
  };
}

function renamed(event: SseEvent, id: string | undefined): SseEvent {
  const named = { ...event, id };
  return { ...named, raw: writeEvent(event.data, named) };
}

/** The same with this event; one that had nothing but an id is nothing without. */
function saying(from: StreamEvent, event: SseEvent): StreamEvent | undefined {
  if (from.kind === 'message') return { ...from, event };
  return event.id === undefined && event.retry === undefined ? undefined : { ...from, event };
}
