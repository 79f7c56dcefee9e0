/** What the database holds beside the events, so that it can be verified by itself: checkpoints, and the hashes of what is gone. */
import { join } from 'node:path';
import type { Kysely } from 'kysely';
import type { Schema } from '../storage/schema.ts';
import type { NewestNote } from './checkpoint-file.ts';
import type { IndexRange } from './deletions.ts';
import { keepHashes } from './erase-rows.ts';
import { readHashesOf } from './hash-file.ts';

const HASHES_AT_ONCE = 500;
const KEPT_EVERY = 10_000;

/** A database that is built anew gets the hashes of what retention deleted. */
export async function storeHashes(
  db: Kysely<Schema>,
  { folder, writer }: { readonly folder: string; readonly writer: string },
  range: IndexRange,
): Promise<void> {
  let some: Schema['erased_leaves'][] = [];
  for await (const { index, hash } of readHashesOf(join(folder, writer), range)) {
    some.push({ writer, leaf_index: index, hash: hash.toString('hex'), session: null });
    if (some.length < HASHES_AT_ONCE) continue;
    await keepHashes(db, some);
    some = [];
  }
  await keepHashes(db, some);
}

/** The newest checkpoint, and one of every so many before it, to say between which two something is wrong. */
export async function storeCheckpoint(db: Kysely<Schema>, writer: string, { size, text: note }: NewestNote): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    const since = size - (size % KEPT_EVERY);
    await transaction.deleteFrom('checkpoints').where('writer', '=', writer).where('size', '>=', since).where('size', '<', size).execute();
    await transaction
      .insertInto('checkpoints')
      .values({ writer, size, note })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  });
}
