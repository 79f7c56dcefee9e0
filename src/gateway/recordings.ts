import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RecordedEvent, Recordings } from '../api/deps.ts';
import type { Erasures } from '../audit/erasures.ts';
import type { Index } from '../audit/index-sink.ts';
import type { Journal } from '../audit/journal.ts';
import type { SinkStatus } from '../audit/sinks/status.ts';
import { readRecordedSession } from '../audit/recorded-session.ts';
import type { RecordedBody } from '../audit/replay.ts';
import { getSession, listSessions } from '../audit/sessions.ts';
import { verifyLog } from '../audit/verify.ts';
import { SallyportError } from '../core/error.ts';
import { subjectKey } from '../core/subject.ts';
import type { Storage } from '../storage/storage.ts';

export interface RecordingParts {
  readonly storage: Storage;
  readonly index: Index;
  readonly sinks: () => Promise<readonly SinkStatus[]>;
  readonly journal: Journal;
  readonly keysFolder: string;
  readonly erasures: Pick<Erasures, 'erase'>;
}

/** A payload, or in its place why it is not here. */
function shown({ name, contentType, elsewhere, text = '[erased]' }: RecordedBody): RecordedEvent['bodies'][number] {
  return { name, contentType, text: elsewhere === undefined ? text : `[recorded by another gateway, ${elsewhere}: replay the session there]` };
}

/** What the API reads of the record: the index finds, the journal tells. */
export function createRecordings({ storage, index, sinks, journal, keysFolder, erasures }: RecordingParts): Recordings {
  return {
    async list({ subject, targets, cursor, limit }) {
      await index.caughtUp();
      const filter = targets === 'all' ? {} : { filter: [{ subjectKey: subjectKey(subject) }, { targets }] };
      return listSessions(storage, { limit, ...filter, ...(cursor === undefined ? {} : { cursor }) });
    },
    async find(id) {
      await index.caughtUp();
      return getSession(storage, id);
    },
    async read(id) {
      await index.caughtUp();
      const session = await getSession(storage, id);
      if (!session) return undefined;
      const { folder, recording } = journal;
      const events = await readRecordedSession({ storage, folder, recording, session: id });
      return { session, events: events.map(({ event, bodies }) => ({ event, bodies: bodies.map(shown) })) };
    },
    async erase(id, reason, by) {
      await index.caughtUp();
      const session = await getSession(storage, id);
      if (!session) throw new SallyportError('not_found', 'there is no such session');
      if (session.closedAt === undefined)
        throw new SallyportError('conflict', 'the session is open', { hint: 'lock it, or wait until it is closed: it is after 15 idle minutes' });
      await erasures.erase({ session: id, target: session.target, reason, by });
    },
    sinks,
    async verify() {
      // Signed first, so that nothing is left that no signature covers.
      await journal.checkpoint();
      return verifyLog({ folder: journal.folder, publicKey: await readFile(join(keysFolder, 'checkpoint.pub'), 'utf8') });
    },
  };
}
