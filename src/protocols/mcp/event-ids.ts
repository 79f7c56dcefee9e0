/**
 * Ids of events as callers see them. A target writes what it likes into an id and no mask looks there, so its own is sealed for
 * the session that may go on from it, and opened again when that session asks. Any process with the key can do that, as with the
 * session's id. Without a session nothing can be gone on with, and there are no ids.
 */
import { seal, unseal } from '../../core/seal.ts';
import type { McpSession } from './session-id.ts';
import { writeEvent, type SseEvent } from './sse.ts';
import { empty, type Transport, type UpstreamCall, type UpstreamEvent } from './transport.ts';

const HEADER = 'last-event-id';

/** The transport with such ids. `key`: 32 bytes. */
export function withOwnEventIds(plain: Transport, target: string, key: Uint8Array): Transport {
  const bound = ({ id }: McpSession): readonly string[] => ['event', target, id];
  const sealed = (event: SseEvent, session: McpSession | undefined): SseEvent =>
    renamed(event, session && event.id ? seal(event.id, bound(session), key) : undefined);

  /** The call as the target knows it; undefined where it names an event that is none of its session's. */
  function opened(call: UpstreamCall): UpstreamCall | undefined {
    const wanted = call.headers[HEADER];
    if (wanted === undefined) return call;
    const id = call.session && unseal(wanted, bound(call.session), key);
    return id === undefined ? undefined : { ...call, headers: { ...call.headers, [HEADER]: id } };
  }

  return {
    async *send(call) {
      const known = opened(call);
      if (!known) {
        yield empty(400);
        return;
      }
      for await (const event of plain.send(known)) {
        if (event.kind === 'head' || event.event?.id === undefined) yield event;
        else yield* saying(event, sealed(event.event, call.session));
      }
    },
    close: () => plain.close(),
  };
}

function renamed(event: SseEvent, id: string | undefined): SseEvent {
  const named = { ...event, id };
  return { ...named, raw: writeEvent(event.data, named) };
}

/** The same with this event; one that had nothing but an id is nothing without. */
function saying(from: Exclude<UpstreamEvent, { kind: 'head' }>, event: SseEvent): readonly UpstreamEvent[] {
  if (from.kind === 'message') return [{ ...from, event }];
  return event.id === undefined && event.retry === undefined ? [] : [{ ...from, event }];
}
