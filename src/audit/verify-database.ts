import { sql, type Kysely, type Transaction } from 'kysely';
import type { EventRow, Schema, SessionRow } from '../storage/schema.ts';
import type { Storage } from '../storage/storage.ts';
import { newestSize, rootsBySize, type Checkpoint } from './checkpoint.ts';
import { CosignedCheck, givenSources } from './cosigned.ts';
import { deletedBy, type IndexRange } from './deletions.ts';
import { erasedBy } from './erasures.ts';
import { addRows, eventRow, sessionRows } from './index-rows.ts';
import type { Problem, ProblemKind } from './problem.ts';
import { readLeaf, type Leaf } from './leaf.ts';
import { parseVerifiers } from './note.ts';
import { isOf, signedOnly } from './signed-checkpoints.ts';
import { leafHash, Tree } from './tree.ts';
import { cosignedPart, type Evidence, type VerifyReport, type WriterReport } from './verify.ts';

export interface VerifyDatabaseOptions extends Evidence {
  readonly storage: Pick<Storage, 'db'>;
}

/**
 * Compares the copy of the logs in a database with what was signed about them: every leaf, every column that was made from it, and the sums of
 * sessions. Reads one snapshot, so it may run beside the gateway.
 */
export async function verifyDatabase(options: VerifyDatabaseOptions): Promise<VerifyReport> {
  return options.storage.db
    .transaction()
    .setAccessMode('read only')
    .setIsolationLevel('repeatable read')
    .execute((db) => new DatabaseCheck(db, options).run());
}

/** What stands in the database at one index of a log. */
type Entry = { readonly index: number; readonly row: EventRow } | { readonly index: number; readonly erased: Schema['erased_leaves'] };

/** A range that the event `by` says was deleted. */
interface Deleted extends IndexRange {
  readonly writer: string;
  readonly by: number;
}

type Standing = 'covered' | 'open';

interface Walked {
  readonly report: WriterReport;
  readonly hashes: readonly Schema['erased_leaves'][];
  /** Ranges that its events say were deleted, of this and of other logs. */
  readonly gone: readonly Gone[];
}

interface Gone extends IndexRange {
  readonly writer: string;
  readonly standing: Standing;
}

const PAGE = 1000;

class DatabaseCheck {
  readonly #db: Transaction<Schema>;
  readonly #options: VerifyDatabaseOptions;
  readonly #problems: Problem[] = [];
  readonly #sums = new Map<string, SessionRow>();
  /** Sessions that events say were erased, and whether a checkpoint covers one of those events. */
  readonly #erasedSessions = new Map<string, Standing>();
  #deletedRanges = 0;

  constructor(db: Transaction<Schema>, options: VerifyDatabaseOptions) {
    this.#db = db;
    this.#options = options;
  }

  async run(): Promise<VerifyReport> {
    const { publicKey, checkpoints = [], witnesses: demand } = this.#options;
    const verifiers = parseVerifiers(publicKey);
    const problems = this.#problems;
    const kept = checkpoints.flatMap((source) => signedOnly({ source, where: 'given checkpoint', writer: '', verifiers, problems }));
    const writers: Walked[] = [];
    for (const writer of await this.#writers(kept)) {
      const rows = await this.#db.selectFrom('checkpoints').select('note').where('writer', '=', writer).orderBy('size').execute();
      const own = rows.flatMap(({ note }) => signedOnly({ source: `${note}\n`, where: `checkpoint of ${writer}`, writer, verifiers, problems }));
      const cosigned = demand && new CosignedCheck({ writer, sources: givenSources(checkpoints), verifiers, demand, problems });
      const signed = [...own, ...kept.filter(isOf(writer)), ...(cosigned?.checkpoints ?? [])];
      writers.push(await this.#verifyWriter(writer, signed, own.length, cosigned));
    }
    const gone = writers.flatMap((walked) => walked.gone);
    const explained = writers.map((walked) => this.#explain(walked, gone));
    await this.#verifySessions();
    return { ok: problems.length === 0, writers: explained, problems };
  }

  async #writers(kept: readonly Checkpoint[]): Promise<readonly string[]> {
    const names = new Set(kept.map(({ origin }) => origin.slice(origin.lastIndexOf('/') + 1)));
    for (const table of ['events', 'erased_leaves', 'checkpoints'] as const) {
      const rows = await (this.#db as Kysely<Pick<Schema, typeof table>>).selectFrom(table).select('writer').distinct().execute();
      for (const { writer } of rows) names.add(writer);
    }
    return [...names].toSorted();
  }

  async #verifyWriter(writer: string, checkpoints: readonly Checkpoint[], own: number, cosigned?: CosignedCheck): Promise<Walked> {
    const tree = new Tree();
    const newest = newestSize(checkpoints);
    const signed = rootsBySize(checkpoints);
    const deleted: Deleted[] = [];
    const erased: { readonly by: number; readonly session: string }[] = [];
    const hashes: Schema['erased_leaves'][] = [];
    let covered = 0;
    let isRight = true;
    const wrong = (index: number, kind: ProblemKind, message: string): void => {
      if (isRight) this.#report(writer, index, kind, message);
      isRight = false;
    };
    for await (const entry of this.#entries(writer)) {
      if (entry.index !== tree.size) {
        wrong(tree.size, entry.index > tree.size ? 'deleted' : 'inserted', `event ${entry.index} stands where ${tree.size} belongs`);
        break;
      }
      if ('row' in entry) {
        const leaf = readLeaf(Buffer.from(entry.row.leaf));
        const differs = leaf ? columnThatDiffers(entry.row, leaf) : 'leaf';
        if (!leaf || differs !== undefined) wrong(entry.index, 'edited', differenceOf(entry.row, leaf, differs));
        if (leaf) this.#note(leaf, deleted, erased);
        if (leaf) cosigned?.see(leaf);
        tree.add(leafHash(Buffer.from(`\0${entry.row.leaf}`)));
      } else {
        hashes.push(entry.erased);
        tree.add(Buffer.from(entry.erased.hash, 'hex'));
      }
      const roots = signed.get(tree.size);
      if (!roots) continue;
      const agrees = roots.has(tree.root().toString('base64'));
      if (agrees && roots.size === 1) covered = isRight ? tree.size : covered;
      else if (agrees) wrong(covered, 'fork', `two different logs of ${tree.size} events were signed`);
      else wrong(covered, 'edited', `among events ${covered} to ${tree.size - 1} is one that is not what was signed`);
    }
    if (tree.size < newest) wrong(tree.size, 'truncated', `the rows end here, but ${newest} events were signed`);
    const standingOf = (by: number): Standing => (by < covered ? 'covered' : 'open');
    for (const { by, session } of erased) if (this.#erasedSessions.get(session) !== 'covered') this.#erasedSessions.set(session, standingOf(by));
    const gone = deleted.map(({ by, ...range }) => ({ ...range, standing: standingOf(by) }));
    this.#deletedRanges += gone.length;
    const events = tree.size;
    const counts = { checkpoints: own, segments: 0, unfinishedBytes: 0, abandoned: 0, deleted: hashes.length };
    return { report: { writer, events, covered, notYetCovered: Math.max(0, events - covered), ...counts, ...cosignedPart(cosigned, events) }, hashes, gone };
  }

  /** A hash without a leaf has an event that answers for it; where no checkpoint covers that event, the hash is not covered either. */
  #explain({ report, hashes }: Walked, all: readonly Gone[]): WriterReport {
    const gone = all.filter(({ writer }) => writer === report.writer);
    let { covered } = report;
    for (const { leaf_index: index, session } of hashes) {
      const ranges = gone.filter(({ first, end }) => first <= index && index < end).map(({ standing }) => standing);
      const standings = [...ranges, ...(session === null ? [] : [this.#erasedSessions.get(session)])].filter((standing) => standing !== undefined);
      if (standings.length === 0) this.#report(report.writer, index, 'deleted', 'only its hash is here, and no event says that it was erased or deleted');
      if (!standings.includes('covered')) covered = Math.min(covered, index);
    }
    return { ...report, covered, notYetCovered: report.events - covered };
  }

  #note(leaf: Leaf, deleted: Deleted[], erased: { by: number; session: string }[]): void {
    for (const [writer, ranges] of deletedBy(leaf)) for (const range of ranges) deleted.push({ ...range, writer, by: leaf.index });
    const session = erasedBy(leaf);
    if (session !== undefined) erased.push({ by: leaf.index, session });
    for (const row of sessionRows([leaf])) {
      const known = this.#sums.get(row.id);
      this.#sums.set(row.id, known ? addRows(known, row) : row);
    }
  }

  /** Rows and hashes of a log, merged in the order of their index. */
  async *#entries(writer: string): AsyncIterable<Entry> {
    const erased = this.#pages(writer, 'erased_leaves');
    let hash = await erased.next();
    for await (const row of this.#pages(writer, 'events')) {
      for (; !hash.done && hash.value.leaf_index <= row.leaf_index; hash = await erased.next()) yield { index: hash.value.leaf_index, erased: hash.value };
      yield { index: row.leaf_index, row };
    }
    for (; !hash.done; hash = await erased.next()) yield { index: hash.value.leaf_index, erased: hash.value };
  }

  async *#pages<T extends 'events' | 'erased_leaves'>(writer: string, table: T): AsyncGenerator<Schema[T], undefined> {
    let after = -1;
    for (;;) {
      const { rows } = await sql<
        Schema[T]
      >`select * from ${sql.table(table)} where writer = ${writer} and leaf_index > ${after} order by leaf_index limit ${PAGE}`.execute(this.#db);
      for (const row of rows) yield row;
      const last = rows.at(-1);
      if (!last) return undefined;
      after = last.leaf_index;
    }
  }

  /** Who and what for each session; its sums as well, unless retention took a part of what was summed up. */
  async #verifySessions(): Promise<void> {
    const rows = this.#db.selectFrom('sessions').selectAll().orderBy('id');
    for (
      let page = await rows.limit(PAGE).execute();
      page.length > 0;
      page = await rows
        .where('id', '>', page.at(-1)?.id ?? '')
        .limit(PAGE)
        .execute()
    ) {
      for (const row of page) this.#compareSession(row);
    }
    for (const id of this.#sums.keys())
      if (!this.#erasedSessions.has(id)) this.#report('sessions', 0, 'deleted', `the session ${id} is not in the list of sessions`);
  }

  #compareSession(row: SessionRow): void {
    const sum = this.#sums.get(row.id);
    this.#sums.delete(row.id);
    if (!sum) return this.#report('sessions', 0, 'inserted', `the session ${row.id} is in no event`);
    const always = ['subject', 'subject_kind', 'subject_key', 'target'] as const;
    const summed = ['opened_at', 'last_at', 'commands', 'refused', 'masked'] as const;
    const column = [...always, ...(this.#deletedRanges === 0 ? summed : [])].find((name) => row[name] !== sum[name]);
    if (column) this.#report('sessions', 0, 'edited', `column ${column} of session ${row.id} is ${show(row[column])}, but its events say ${show(sum[column])}`);
  }

  #report(writer: string, index: number, kind: ProblemKind, message: string): void {
    const where = writer === 'sessions' ? message : `event ${index}: ${message}`;
    this.#problems.push({ writer, index, segment: writer === 'sessions' ? 'table sessions' : 'table events', offset: 0, kind, message: where });
  }
}

function columnThatDiffers(row: EventRow, leaf: Leaf): keyof EventRow | undefined {
  const right = eventRow(leaf, row.leaf);
  // The members of one object literal.
  return (Object.keys(right) as (keyof EventRow)[]).find((column) => right[column] !== row[column]);
}

function differenceOf(row: EventRow, leaf: Leaf | undefined, column: keyof EventRow | undefined): string {
  if (!leaf || column === undefined) return 'its leaf is no record';
  return `column ${column} is ${show(row[column])}, but the leaf says ${show(eventRow(leaf, row.leaf)[column])}`;
}

const show = (value: unknown): string => JSON.stringify(value).slice(0, 200);
