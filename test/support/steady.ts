/** Many events through the journal and its index in one process, and what the process holds on to. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { startIndex } from '../../src/audit/index-sink.ts';
import { openJournal } from '../../src/audit/open-journal.ts';
import { makeEvent } from '../../src/core/event.ts';
import { openStorage } from '../../src/storage/storage.ts';

export interface Held {
  readonly events: number;
  readonly heapMegabytes: number;
  readonly residentMegabytes: number;
  readonly files: number;
}

const CALLERS = 64;
const SESSION_EVENTS = 50;

/** Appends so many events, in ever new sessions, and says `looks` times on the way what is held after collecting garbage. */
export async function appendMany(events: number, looks: number, say: (held: Held) => void = () => {}): Promise<readonly Held[]> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-steady-'));
  const storage = await openStorage({ url: join(folder, 'sallyport.db') });
  const journal = await openJournal({ folder: join(folder, 'journal'), keysFolder: join(folder, 'keys'), segmentBytes: 4 << 20, checkpointEveryMs: 500 });
  const index = startIndex({ journal, storage });
  const held: Held[] = [];
  try {
    let next = 0;
    for (let look = 1; look <= looks; look += 1) {
      const until = Math.floor((events * look) / looks);
      const caller = async (): Promise<void> => {
        while (next < until) {
          const number = next;
          next += 1;
          const event = makeEvent(number % 2 ? 'reply.received' : 'command.forwarded', {
            session: `session-${Math.floor(number / SESSION_EVENTS)}`,
            target: 'models',
          });
          await journal.append(event, [{ name: 'request', contentType: 'application/json', bytes: Buffer.alloc(200, 'x') }]);
        }
      };
      await Promise.all(Array.from({ length: CALLERS }, caller));
      await index.caughtUp();
      held.push(await holds(next));
      say(held.at(-1) ?? (await holds(next)));
    }
    return held;
  } finally {
    await index.close();
    await journal.close();
    await storage.close();
    await rm(folder, { recursive: true });
  }
}

async function holds(events: number): Promise<Held> {
  setFlagsFromString('--expose-gc');
  // The flag shows it to contexts that are made from now on.
  (runInNewContext('gc') as () => void)();
  const { heapUsed, rss } = process.memoryUsage();
  const files = (await readdir('/proc/self/fd')).length;
  return { events, heapMegabytes: heapUsed / 2 ** 20, residentMegabytes: rss / 2 ** 20, files };
}
