import { randomUUID } from 'node:crypto';
import type { EventId, EventStore, JSONRPCMessage, StreamId } from '@modelcontextprotocol/server';

interface Stored {
  readonly id: EventId;
  readonly stream: StreamId;
  readonly message: JSONRPCMessage;
}

/** The events of one session, in order, for `Last-Event-ID`. It lives and dies with its session. */
export function createEventStore(): EventStore {
  const events: Stored[] = [];
  const find = (id: EventId): Stored | undefined => events.find((event) => event.id === id);
  return {
    async storeEvent(stream, message) {
      const id = randomUUID();
      events.push({ id, stream, message });
      return id;
    },
    async getStreamIdForEventId(id) {
      return find(id)?.stream;
    },
    async replayEventsAfter(last, { send }) {
      const from = find(last);
      if (!from) throw new Error('no such event');
      const later = events.slice(events.indexOf(from) + 1).filter((event) => event.stream === from.stream);
      for (const event of later) await send(event.id, event.message);
      return from.stream;
    },
  };
}
