/** The process that `crash.integration.test.ts` kills: sixteen callers append without end; each acknowledged id goes to standard output. */
import { writeSync } from 'node:fs';
import { openJournal } from './open-journal.ts';
import { aBody, anEvent } from './testing.ts';

const [, , folder = '', keysFolder = '', segmentBytes = '100000'] = process.argv;
const journal = await openJournal({ folder, keysFolder, writer: 'w1', checkpointEveryMs: 20, segmentBytes: Number(segmentBytes) });

const callers = Array.from({ length: 16 }, async (_, caller) => {
  for (let i = 0; ; i += 1) {
    const event = anEvent(i % 2 === 0 ? 'command.forwarded' : 'reply.received', { session: `session-${caller}-${i >> 6}` });
    await journal.append(event, [aBody('x'.repeat((i * 131) % 3000))]);
    // Synchronous: what was acknowledged is known outside before anything else happens here.
    writeSync(1, `${event.id}\n`);
  }
});
await Promise.all(callers);
