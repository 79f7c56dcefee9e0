import { openStorage, type Storage } from './storage.ts';

/** One kind of database under test. */
export interface StorageAdapter {
  readonly name: string;
  /** The url of a database that is new and empty. */
  fresh(): Promise<string>;
}

/** Runs `work` on a storage of its own. */
export async function withStorage<T>(adapter: StorageAdapter, work: (storage: Storage, url: string) => Promise<T>): Promise<T> {
  const url = await adapter.fresh();
  const storage = await openStorage({ url });
  try {
    return await work(storage, url);
  } finally {
    await storage.close();
  }
}

export const sink = (name: string, next: number) => ({ sink: name, writer: 'w', next_leaf: next });
