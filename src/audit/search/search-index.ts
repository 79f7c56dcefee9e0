import { Worker } from 'node:worker_threads';
import { SallyportError } from '../../core/error.ts';
import type { Journal } from '../journal.ts';
import type { FromSearchWorker, SearchWorkerData, ToSearchWorker } from './search-worker.ts';

export interface SearchIndexOptions {
  readonly journal: Journal;
  /** Url of the database, as `openStorage` takes it. */
  readonly database: string;
  /** How often, at most, the thread is told that there is more. Default 200. */
  readonly tellMs?: number;
  readonly report?: (error: unknown) => void;
}

export interface SearchIndex {
  /** Events whose words are found: the next one to come. */
  readonly position: number;
  /** Whether everything that is durable now is found; waits for it this long. */
  caughtUp(patienceMs: number): Promise<boolean>;
  close(): Promise<void>;
}

/** Keeps the words of what is recorded, in a thread of its own and behind everything else. */
export function startSearchIndex(options: SearchIndexOptions): SearchIndex {
  return new SearchThread(options);
}

const AGAIN_MS = 5_000;
/** Share of its time that the thread of the calls works, from which on it is busy. */
const BUSY = 0.1;

class SearchThread implements SearchIndex {
  readonly #options: SearchIndexOptions;
  readonly #stopWatching: () => void;
  readonly #waiting = new Set<{ readonly position: number; readonly resolve: () => void }>();
  #worker: Worker | undefined;
  #ended: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #position = 0;
  #isClosing = false;
  #loop = performance.eventLoopUtilization();

  constructor(options: SearchIndexOptions) {
    const { journal, tellMs = 200 } = options;
    this.#options = options;
    this.#stopWatching = journal.watch(() => {
      // Called for every commit: the thread hears of many at once.
      this.#timer ??= setTimeout(() => this.#tell({ hurry: false }), tellMs).unref();
    });
    this.#start();
  }

  get position(): number {
    return this.#position;
  }

  async caughtUp(patienceMs: number): Promise<boolean> {
    const { position } = this.#options.journal;
    if (position <= this.#position) return true;
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiting = { position, resolve };
    this.#waiting.add(waiting);
    this.#tell({ hurry: true });
    const timer = setTimeout(resolve, patienceMs);
    await promise;
    clearTimeout(timer);
    this.#waiting.delete(waiting);
    return position <= this.#position;
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    this.#stopWatching();
    clearTimeout(this.#timer);
    this.#worker?.postMessage('close' satisfies ToSearchWorker);
    await this.#ended;
    for (const { resolve } of this.#waiting) resolve();
  }

  #start(): void {
    const { journal, database, report = () => {} } = this.#options;
    const workerData: SearchWorkerData = { database, folder: journal.folder, recording: journal.recording, writer: journal.writer };
    const worker = new Worker(new URL('./search-worker.ts', import.meta.url), { workerData, name: 'sallyport-search', execArgv: [] });
    worker.on('message', (message: FromSearchWorker) => this.#hear(message));
    worker.on('error', report);
    this.#ended = new Promise((resolve) => {
      worker.once('exit', () => {
        this.#worker = undefined;
        resolve();
        // A database that is away while the thread starts ends it.
        if (!this.#isClosing) setTimeout(() => this.#isClosing || this.#start(), AGAIN_MS).unref();
      });
    });
    this.#worker = worker;
    this.#tell({ hurry: this.#waiting.size > 0 });
  }

  #tell({ hurry }: { readonly hurry: boolean }): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const now = performance.eventLoopUtilization();
    const busy = performance.eventLoopUtilization(now, this.#loop).utilization > BUSY;
    this.#loop = now;
    this.#worker?.postMessage({ limit: this.#options.journal.position, hurry, busy } satisfies ToSearchWorker);
  }

  #hear(message: FromSearchWorker): void {
    if ('problem' in message) return this.#options.report?.(new SallyportError('storage_failed', message.problem));
    this.#position = message.position;
    for (const waiting of this.#waiting) if (waiting.position <= message.position) waiting.resolve();
  }
}
