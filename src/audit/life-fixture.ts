/** What the tests of the record's life share: a journal with its index, holds, erasures and retention, on a database of their own. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { Event, EventParts } from '../core/event.ts';
import type { Subject } from '../core/subject.ts';
import { openStorage, type Storage } from '../storage/storage.ts';
import { startErasures, type Erasures } from './erasures.ts';
import { openHolds, type Holds } from './holds.ts';
import { startIndex, type Index } from './index-sink.ts';
import type { Journal, JournalOptions } from './journal.ts';
import { readEvents, readSession } from './replay.ts';
import { applyRetention, type RetentionOptions } from './retention.ts';
import { journalLogs } from './sinks/logs.ts';
import { aBody, anEvent, dataFolder, type DataFolder } from './testing.ts';
import { verifyDatabase } from './verify-database.ts';

export const DAY = 86_400_000;
export const OWNER: Subject = { id: 'o', name: 'owner', kind: 'person', groups: ['owners'], issuer: 'local' };

export interface Bench {
  readonly data: DataFolder;
  readonly url: string;
  readonly storage: Storage;
  readonly journal: Journal;
  readonly index: Index;
  readonly holds: Holds;
  readonly erasures: Erasures;
  /** Records a whole session of one command, so many days ago. */
  record(session: string, parts?: EventParts & { readonly daysAgo?: number }): Promise<void>;
  retain(options?: Partial<RetentionOptions>): ReturnType<typeof applyRetention>;
  said(session: string): Promise<readonly (string | undefined)[]>;
}

export async function bench(t: TestContext, databases: { readonly url: () => Promise<string> }, options: Partial<JournalOptions> = {}): Promise<Bench> {
  // Before the folder's own: it goes last.
  const closing: (() => Promise<void>)[] = [];
  t.after(async () => {
    for (const close of closing) await close();
  });
  const data = await dataFolder(t);
  const url = await databases.url();
  const storage = await openStorage({ url });
  const journal = await data.open(options);
  const holds = openHolds({ storage, recorder: journal });
  const index: Index = startIndex({ journal, storage, gatherMs: 1 });
  const erasures: Erasures = startErasures({ storage, journal, indexed: () => index.caughtUp() });
  closing.push(index.close.bind(index), erasures.close.bind(erasures), journal.close.bind(journal), storage.close.bind(storage));
  const logs = journalLogs({ journal, restedMs: 0 });
  const shipped = async (): Promise<number> => {
    await index.caughtUp();
    return index.position;
  };
  return {
    data,
    url,
    storage,
    journal,
    index,
    holds,
    erasures,
    async record(session, { daysAgo = 0, ...parts } = {}) {
      const time = new Date(Date.now() - daysAgo * DAY).toISOString();
      const at = (event: Event): Event => ({ ...event, time });
      await journal.append(at(anEvent('session.opened', { session, ...parts })));
      await journal.append(at(anEvent('command.forwarded', { session, ...parts })), [aBody(`{"said":"${session}"}`)]);
      await journal.append(at(anEvent('session.closed', { session, ...parts })));
    },
    retain: (more = {}) => applyRetention({ journal, logs, storage, erasures, keepMs: () => 30 * DAY, targets: () => ['models', 'payroll'], shipped, ...more }),
    async said(session) {
      const bodies: (string | undefined)[] = [];
      for await (const event of readSession({ folder: data.journal, recording: journal.recording, session }))
        bodies.push(...event.bodies.map(({ text }) => text));
      return bodies;
    },
  };
}

export async function kindsOf({ data }: Bench): Promise<readonly string[]> {
  const kinds: string[] = [];
  for await (const { leaf } of readEvents({ folder: data.journal, writer: 'w1' })) kinds.push(leaf.kind);
  return kinds;
}

export async function assertVerifies({ data, journal, index, storage }: Bench): Promise<void> {
  await journal.checkpoint();
  await index.caughtUp();
  assert.deepEqual((await data.verify()).problems, []);
  assert.deepEqual((await verifyDatabase({ storage, publicKey: await data.publicKey() })).problems, []);
}
