/**
 * The thread in which text is indexed: reading, opening and taking apart what was recorded costs processor time that the thread which moves
 * bytes does not have. It has a connection to the database of its own.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { explainError } from '../../core/error.ts';
import { giveWay } from '../../storage/give-way.ts';
import { openStorage } from '../../storage/storage.ts';
import type { RecordingKeys } from '../recording-keys.ts';
import { SearchSink } from './search-sink.ts';

/** What the thread is started with. */
export interface SearchWorkerData {
  readonly database: string;
  readonly folder: string;
  readonly recording: RecordingKeys;
  readonly writer: string;
}

export type ToSearchWorker = { readonly limit: number; readonly hurry: boolean; readonly busy: boolean } | 'close';
export type FromSearchWorker = { readonly position: number } | { readonly problem: string };

async function serve(): Promise<void> {
  const port = parentPort;
  if (!port) throw new Error('this file is run as a worker thread');
  giveWay();
  const tell = (message: FromSearchWorker): void => port.postMessage(message);
  // `startSearchIndex`, and only it, starts this thread.
  const { database, folder, recording, writer } = workerData as SearchWorkerData;
  const report = (error: unknown): void => tell({ problem: explainError(error) });
  const storage = await openStorage({ url: database, report });
  const sink = new SearchSink({ storage, folder, recording, writer, moved: (position) => tell({ position }), report });
  port.on('message', (message: ToSearchWorker) => {
    if (message !== 'close') return sink.follow(message.limit, message);
    void close();
  });

  async function close(): Promise<void> {
    await sink.close();
    await storage.close();
    port?.close();
  }
}

await serve();
