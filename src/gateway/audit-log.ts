import type { AuditLog } from '../api/deps.ts';
import { openEventFeed } from '../audit/event-feed.ts';
import type { Index } from '../audit/index-sink.ts';
import type { Journal } from '../audit/journal.ts';
import { RecordedBodies } from '../audit/recorded-bodies.ts';
import { allEvents, searchEvents } from '../audit/search/search-events.ts';
import type { SearchIndex } from '../audit/search/search-index.ts';
import { SallyportError } from '../core/error.ts';
import type { Storage } from '../storage/storage.ts';

export interface AuditLogParts {
  readonly storage: Storage;
  readonly journal: Journal;
  readonly index: Index;
  readonly searchIndex: SearchIndex;
}

/** A reader waits this long for what was recorded a moment ago. */
const SEARCH_PATIENCE_MS = 2_000;
const EXPORT_PATIENCE_MS = 60_000;

/** What the API searches, follows and exports: the index finds, the journal tells. */
export function createAuditLog({ storage, journal, index, searchIndex }: AuditLogParts): AuditLog {
  const feed = openEventFeed(storage, journal);
  return {
    feed: {
      ...feed,
      // What was recorded before somebody began to follow is not news.
      async end() {
        await index.caughtUp();
        return feed.end();
      },
    },
    async search(options) {
      const [isCaughtUp] = await Promise.all([searchIndex.caughtUp(SEARCH_PATIENCE_MS), index.caughtUp()]);
      return { ...(await searchEvents(storage, options)), behind: !isCaughtUp };
    },
    async *export({ filter, scope, content }) {
      const [isCaughtUp] = await Promise.all([searchIndex.caughtUp(EXPORT_PATIENCE_MS), index.caughtUp()]);
      if (!isCaughtUp) throw new SallyportError('storage_failed', 'the search index is behind the record', { hint: 'try again in a minute' });
      const bodies = new RecordedBodies(journal);
      try {
        for await (const found of allEvents(storage, { filter, scope })) {
          if (!content) yield found.map(({ event }) => ({ event }));
          // One by one: a payload may be large.
          else for (const { event, place } of found) yield [{ event, bodies: await bodies.of(place) }];
        }
      } finally {
        await bodies.close();
      }
    },
  };
}
