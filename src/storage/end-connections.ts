import type { Transaction, UpdateQueryBuilder, UpdateResult } from 'kysely';
import type { Schema } from './schema.ts';

type Ending = UpdateQueryBuilder<Schema, 'connections', 'connections', UpdateResult>;

/** Connected accounts end without their tokens; every process that holds one hears of it by the row. Which ones, the caller adds. */
export function endConnections(db: Transaction<Schema>, now: number): Ending {
  return db
    .updateTable('connections')
    .set((row) => ({ status: 'ended', sealed: '', key_id: '', version: row('version', '+', 1), lease_owner: null, lease_until: 0, changed_at: now }))
    .where('status', '=', 'connected');
}
