import { Listeners } from '../../core/listeners.ts';
import type { IndexedLog } from '../index-sink.ts';
import { CheckpointFeed } from './checkpoint-feed.ts';
import type { Logs } from './logs.ts';

/** The log of another writer, seen as a journal: it grows when somebody looks. */
export interface FollowedLog extends IndexedLog {
  look(): Promise<void>;
}

export async function followLog(logs: Logs, writer: string, report: (error: unknown) => void): Promise<FollowedLog> {
  const listeners = new Listeners(report);
  const checkpoints = new CheckpointFeed(logs.folder, writer, 0);
  let position = 0;
  let newest: IndexedLog['newest'];
  const look = async (): Promise<void> => {
    const end = await logs.end(writer);
    const signed = (await checkpoints.take(end)).at(-1);
    if (end <= position && !signed) return;
    position = end;
    if (signed) newest = { size: signed.size, text: signed.note };
    listeners.tell();
  };
  await look();
  return {
    folder: logs.folder,
    writer,
    look,
    get position() {
      return position;
    },
    get newest() {
      return newest;
    },
    watch: (listener) => listeners.add(listener),
  };
}
