/** `storeLeaves` for the embedded database: runs in the thread that has the file, since taking a record apart there costs the calls nothing. */
import type { SqliteProcedure } from '../storage/sqlite-messages.ts';
import type { EventRow, SessionRow } from '../storage/schema.ts';
import { eventRow, sessionRows } from './index-rows.ts';
import { leafAt } from './leaf.ts';
import { movedElsewhere, type LeafBatch } from './store-leaves.ts';

const EVENT: readonly (keyof EventRow)[] = [
  'id',
  'writer',
  'leaf_index',
  'time',
  'kind',
  'session',
  'subject',
  'target',
  'command',
  'effect',
  'rule',
  'approval',
  'intent',
  'leaf',
];
const SESSION: readonly (keyof SessionRow)[] = [
  'id',
  'opened_at',
  'last_at',
  'closed_at',
  'subject',
  'subject_kind',
  'subject_key',
  'target',
  'client',
  'commands',
  'refused',
  'masked',
];

export const procedure: SqliteProcedure<LeafBatch> = (database) => {
  const move = database.prepare('UPDATE sink_positions SET next_leaf = ? WHERE sink = ? AND writer = ? AND next_leaf = ?');
  const addEvent = database.prepare(`${insertInto('events', EVENT)} ON CONFLICT DO NOTHING`);
  const addSession = database.prepare(`${insertInto('sessions', SESSION)} ON CONFLICT (id) DO UPDATE SET
    opened_at = MIN(excluded.opened_at, opened_at),
    last_at = MAX(excluded.last_at, last_at),
    closed_at = COALESCE(excluded.closed_at, closed_at),
    commands = commands + excluded.commands,
    refused = refused + excluded.refused,
    masked = masked + excluded.masked`);

  const store = ({ sink, writer, from, next, leaves }: LeafBatch): void => {
    if (Number(move.run(next, sink, writer, from).changes) !== 1) throw movedElsewhere(from);
    const read = leaves.map((text, at) => leafAt(text, from + at));
    for (const [at, leaf] of read.entries()) addEvent.run(...valuesOf(eventRow(leaf, leaves[at] ?? ''), EVENT));
    for (const row of sessionRows(read)) addSession.run(...valuesOf(row, SESSION));
  };

  return (batch) => {
    database.exec('BEGIN IMMEDIATE');
    try {
      store(batch);
      database.exec('COMMIT');
    } catch (error) {
      // After some failures (disk full) SQLite has already rolled back by itself.
      if (database.isTransaction) database.exec('ROLLBACK');
      throw error;
    }
  };
};

function insertInto(table: string, columns: readonly string[]): string {
  return `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`;
}

function valuesOf<R>(row: R, columns: readonly (keyof R)[]): R[keyof R][] {
  return columns.map((column) => row[column]);
}
