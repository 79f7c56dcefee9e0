import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { onBothDatabases } from '../../test/support/databases.ts';
import type { Storage } from '../storage/storage.ts';
import { startIndex } from './index-sink.ts';
import type { Journal } from './journal.ts';
import { RecordedBodies } from './recorded-bodies.ts';
import { readRecordedSession } from './recorded-session.ts';
import { sessionEvents } from './sessions.ts';
import { aBody, anEvent, dataFolder, SESSION } from './testing.ts';

interface Gateway {
  readonly journal: Journal;
  /** One event with its request, in the index when it resolves. */
  say(text: string): Promise<void>;
  /** What a replay here has: text, or where it is. */
  replay(): Promise<readonly (string | undefined)[]>;
}

/** Gateways that share a database, each with a journal of its own. */
async function gateways(t: TestContext, storage: Storage, ...writers: string[]): Promise<Gateway[]> {
  const opened: { close(): Promise<void> }[] = [storage];
  t.after(async () => {
    for (const one of opened.toReversed()) await one.close();
  });
  return Promise.all(writers.map((writer) => gateway(t, storage, writer, opened)));
}

async function gateway(t: TestContext, storage: Storage, writer: string, opened: { close(): Promise<void> }[]): Promise<Gateway> {
  const data = await dataFolder(t);
  const journal = await data.open({ writer });
  const index = startIndex({ journal, storage, gatherMs: 1 });
  opened.push(journal, index);
  return {
    journal,
    async say(text) {
      await journal.append(anEvent('command.forwarded', { note: text }), [aBody(text)]);
      await index.caughtUp();
    },
    async replay() {
      const { folder, recording } = journal;
      const events = await readRecordedSession({ storage, folder, recording, session: SESSION });
      return events.map(({ event, bodies: [body] }) => `${event.note}: ${body?.name} ${body?.text ?? `at ${body?.elsewhere}`}`);
    },
  };
}

onBothDatabases((databases) => {
  test('a session over two gateways is replayed at each: with what was said there, and with the events and the place of the rest', async (t) => {
    const [one, two, idle] = await gateways(t, await databases.open(), 'w1', 'w2', 'w3');
    assert.ok(one && two && idle);
    await one.say('first');
    await two.say('second');
    await one.say('third');
    assert.deepEqual(await one.replay(), ['first: request first', 'second: request at w2', 'third: request third']);
    assert.deepEqual(await two.replay(), ['first: request at w1', 'second: request second', 'third: request at w1']);
    assert.deepEqual(await idle.replay(), ['first: request at w1', 'second: request at w2', 'third: request at w1']);
  });

  test('an export has the events of another gateway without what was said', async (t) => {
    const storage = await databases.open();
    const [one, two] = await gateways(t, storage, 'w1', 'w2');
    assert.ok(one && two);
    await one.say('first');
    await two.say('second');
    const bodies = new RecordedBodies(one.journal);
    const found = [];
    for (const { place } of await sessionEvents(storage, SESSION)) found.push((await bodies.of(place)).map(({ text }) => text));
    await bodies.close();
    assert.deepEqual(found, [['first'], []]);
  });
});
