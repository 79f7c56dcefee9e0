import type { Transaction } from 'kysely';
import { newId } from '../../core/id.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Recorder } from '../../core/recorder.ts';
import type { Schema } from '../../storage/schema.ts';
import type { Storage } from '../../storage/storage.ts';
import { nextChange } from '../change-feed.ts';
import type { Directory, DirectoryWrites } from '../directory.ts';
import type { ScimClient } from './client.ts';
import type { ListQuery, Page, Stored } from './page.ts';
import type { Operation } from './patch.ts';

/** What users and groups share. */
export interface ScimParts {
  readonly db: Storage['db'];
  readonly recorder: Recorder;
  readonly now: () => number;
  readonly newId: () => string;
  /** All of it or nothing, with its record, one writer after the other; what was changed is in force here when it resolves. */
  change<T>(work: (transaction: Transaction<Schema>, directory: DirectoryWrites) => Promise<T>): Promise<T>;
}

/** What users and groups are to their providers. Each throws ScimError. `match` is the ETag that the resource must still have. */
export interface ScimResources<Resource extends Stored> {
  list(client: ScimClient, query: ListQuery): Promise<Page<Resource>>;
  get(client: ScimClient, id: string): Promise<Resource>;
  create(client: ScimClient, body: JsonObject): Promise<Resource>;
  replace(client: ScimClient, id: string, body: JsonObject, match?: string): Promise<Resource>;
  patch(client: ScimClient, id: string, operations: readonly Operation[], match?: string): Promise<Resource>;
  remove(client: ScimClient, id: string, match?: string): Promise<void>;
}

/** What reads goes with a transaction or without. */
export type ScimDb = ScimParts['db'] | Transaction<Schema>;

export interface ScimPartsOptions {
  readonly storage: Storage;
  readonly directory: Directory;
  readonly recorder: Recorder;
  readonly now?: () => number;
}

export function scimParts({ storage, directory, recorder, now = Date.now }: ScimPartsOptions): ScimParts {
  return {
    db: storage.db,
    recorder,
    now,
    newId: () => newId(now()),
    async change(work) {
      const result = await storage.db.transaction().execute(async (transaction) => {
        // The directory's own writes take it as well: whoever has it is alone, and nobody waits for another who waits for them.
        await nextChange(transaction, 'directory');
        const writes = directory.within(transaction);
        const done = await work(transaction, writes);
        await writes.recorded();
        return done;
      });
      await directory.refresh();
      return result;
    },
  };
}
