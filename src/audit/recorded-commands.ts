import type { Event } from '../core/event.ts';
import { LogReader } from './log-reader.ts';
import type { RecordingKeys } from './recording-keys.ts';
import { BodyOpener, eventOf, leafOf } from './replay.ts';
import { listWriters } from './segment.ts';

/** One decided command with its request as it was recorded: masked, absent where its key was erased. */
export interface RecordedCommand {
  readonly event: Event;
  readonly request?: string;
}

export interface ReadCommandsOptions {
  /** The data folder's `journal/`. */
  readonly folder: string;
  readonly recording: RecordingKeys;
  /** Epoch milliseconds. */
  readonly since: number;
  /** Of these targets only. */
  readonly targets?: ReadonlySet<string>;
}

/** Every decision on a command since then, writer by writer in the order of the record. Reads the journal, so it works without a database. */
export async function* readCommands({ folder, recording, since, targets }: ReadCommandsOptions): AsyncIterable<RecordedCommand> {
  const from = new Date(since).toISOString();
  for (const writer of await listWriters(folder)) {
    const opener = new BodyOpener(writer, recording);
    const reader = new LogReader(folder, writer, 0);
    try {
      for (let frames = await reader.read(); frames.length > 0; frames = await reader.read()) {
        for (const frame of frames) {
          const leaf = leafOf(frame);
          if (!isDecision(leaf) || leaf.time < from || (targets && !targets.has(leaf.target ?? ''))) continue;
          const bodies = await opener.open(leaf, frame.bodies, reader.segment);
          const request = bodies.find(({ name }) => name === 'request')?.text;
          yield { event: eventOf(leaf), ...(request === undefined ? {} : { request }) };
        }
      }
    } finally {
      await reader.close();
    }
  }
}

/** A command that was decided has one of these, whatever became of it. */
const isDecision = (event: Event): boolean => (event.kind === 'command.forwarded' || event.kind === 'command.refused') && event.decision !== undefined;
