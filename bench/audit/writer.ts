/**
 * The process that `benchmark.ts` measures: one journal, as many callers as there are sessions, each of which appends again when its event
 * is durable. Prints one line of JSON when its time is over.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { openJournal } from '../../src/audit/open-journal.ts';
import { newId } from '../../src/core/id.ts';
import { makeEvent, type Event, type EventParts } from '../../src/core/event.ts';
import type { Body } from '../../src/core/recorder.ts';

export interface WriterResult {
  readonly events: number;
  readonly seconds: number;
}

const [, , parent = '.', sessions = '1', milliseconds = '1000', bodyBytes = '0'] = process.argv;

const folder = await mkdtemp(join(parent, 'journal-'));
try {
  process.stdout.write(`${JSON.stringify(await measure())}\n`);
} finally {
  await rm(folder, { recursive: true });
}

async function measure(): Promise<WriterResult> {
  const journal = await openJournal({ folder: join(folder, 'journal'), keysFolder: join(folder, 'keys') });
  const bodies = bodiesOf(Number(bodyBytes));
  const warm = performance.now() + Number(milliseconds) / 5;
  const load = (until: number): Promise<number[]> =>
    Promise.all(
      Array.from({ length: Number(sessions) }, async (_, index) => {
        const parts = partsOf(`${index}`);
        let events = 0;
        for (; performance.now() < until; events += 1) await journal.append(eventOf(parts, events), bodies);
        return events;
      }),
    );
  await load(warm);
  const started = performance.now();
  const events = (await load(started + Number(milliseconds))).reduce((sum, count) => sum + count, 0);
  const seconds = (performance.now() - started) / 1000;
  await journal.close();
  return { events, seconds };
}

function bodiesOf(bytes: number): readonly Body[] {
  return bytes === 0 ? [] : [{ name: 'request', contentType: 'application/json', bytes: Buffer.alloc(bytes, 'x') }];
}

/** Intent and outcome in turn, as a command has them. */
function eventOf({ intent, outcome }: Parts, count: number): Event {
  return count % 2 === 0 ? makeEvent('command.forwarded', intent) : makeEvent('reply.received', outcome);
}

interface Parts {
  readonly intent: EventParts;
  readonly outcome: EventParts;
}

function partsOf(name: string): Parts {
  const common: EventParts = {
    session: newId(),
    subject: { id: `user-${name}`, name: `user-${name}@example.org`, kind: 'person', groups: ['staff', 'team-3'], issuer: 'https://idp.example.org' },
    target: 'models',
    protocol: 'mcp',
    client: { address: '10.2.3.4', userAgent: 'client/1.0', id: 'client' },
    command: { name: 'tools/call read_models', digest: 'a'.repeat(64), flags: [] },
  };
  const risk = { score: 12, factors: [{ name: 'target: env: prod', points: 12 }] };
  const decision = {
    effect: 'allow',
    rule: 'bench/read',
    reason: 'rule bench/read allows tools/call read_models',
    policyVersion: 'b'.repeat(16),
    risk,
  } as const;
  return {
    intent: { ...common, decision, masks: [] },
    outcome: { ...common, intent: newId(), outcome: { status: 'ok', bytes: 2048, milliseconds: 3 }, masks: [] },
  };
}
