import type { Storage } from '../storage/storage.ts';
import type { RecordingKeys } from './recording-keys.ts';
import { readSession, type RecordedEvent } from './replay.ts';
import { listWriters } from './segment.ts';
import { sessionEvents } from './sessions.ts';

export interface RecordedSessionOptions {
  readonly storage: Storage;
  /** The data folder's `journal/`. */
  readonly folder: string;
  readonly recording: RecordingKeys;
  readonly session: string;
}

/**
 * A session in the order of its events, over all gateways that share the database. The journal's word counts where it is here; of
 * what another gateway recorded there is what the index has, and which writer to ask for the rest.
 */
export async function readRecordedSession({ storage, folder, recording, session }: RecordedSessionOptions): Promise<readonly RecordedEvent[]> {
  const indexed = await sessionEvents(storage, session);
  const here = new Set(await listWriters(folder));
  const places = indexed.map(({ place }) => place).filter(({ writer }) => here.has(writer));
  const told = new Map<string, RecordedEvent>();
  for await (const one of readSession({ folder, recording, session, places })) told.set(one.event.id, one);
  return indexed.flatMap<RecordedEvent>(({ event, place: { writer }, said }) => {
    if (!here.has(writer)) return [{ event, bodies: said.map((body) => ({ ...body, elsewhere: writer })) }];
    return told.get(event.id) ?? [];
  });
}
