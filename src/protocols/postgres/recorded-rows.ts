import type { JsonValue } from '../../core/json.ts';
import type { Masker } from '../../core/masker.ts';
import { COPY_SIGNATURE } from './copy-format.ts';
import { Fields, HEADER_BYTES } from './codec.ts';
import type { ResultColumn } from './messages.ts';
import { cellText } from './parameters.ts';

/** Whose rows a run of messages holds. */
export interface RowSource {
  /** Place of the result among those of the command. */
  readonly result: number;
  /** `lines` and `tuples` are those of a COPY: texts, which are kept as they are, and its binary form. */
  readonly kind: 'rows' | 'lines' | 'tuples';
  readonly columns: readonly Pick<ResultColumn, 'name' | 'type' | 'format'>[];
}

/** Messages of one source, as they go to the caller. */
export interface RowRun {
  readonly source: RowSource;
  readonly bytes: Buffer;
}

interface Section {
  readonly source: RowSource;
  readonly names: readonly string[];
  readonly rows: readonly JsonValue[];
  /** Rows that were given and are not here, since there was no room for them. */
  readonly omitted: number;
  /** Rows that were given as they came, since they could not be masked: a record has none of those. */
  readonly unmasked: number;
}

/** What may still be recorded. `named` is the result whose columns are. */
interface Room {
  rows: number;
  bytes: number;
  named: number | undefined;
}

/** Of one command, as JSON. */
export const RECORDED_BYTES = 256 << 10;

/** The first rows that a caller is given of one command, for its record, and how many there were besides. */
export class RecordedRows {
  #sections: readonly Section[] = [];
  #room: Room;
  /** Of the part that the pipeline has in hand: it is not given yet, and may be masked anew. */
  #hand: { readonly sections: readonly Section[]; readonly room: Room } | undefined;

  constructor(rows: number) {
    this.#room = { rows, bytes: RECORDED_BYTES, named: undefined };
  }

  /** Masked rows of the part in hand. */
  read(runs: readonly RowRun[], masker: Masker): void {
    const room = { ...this.#room };
    this.#hand = { sections: runs.map((run) => readRun(run, room, masker)), room };
  }

  /** Of the part in hand nothing may be recorded but how much it is. */
  count(runs: readonly RowRun[]): void {
    const sections = runs.map(({ source, bytes }) => ({ source, names: [], rows: [], omitted: 0, unmasked: countRows(source, bytes) }));
    this.#hand = { sections, room: this.#room };
  }

  /** The part in hand is given. */
  give(): void {
    if (!this.#hand) return;
    this.#sections = joined([...this.#sections, ...this.#hand.sections]);
    this.#room = this.#hand.room;
    this.#hand = undefined;
  }

  /** What was given so far, and what is in hand; undefined where there were no rows. */
  told(): JsonValue | undefined {
    const sections = joined([...this.#sections, ...(this.#hand?.sections ?? [])]);
    return sections.length === 0 ? undefined : sections.map(sectionJson);
  }

  /** What was given so far. */
  given(): JsonValue | undefined {
    return this.#sections.length === 0 ? undefined : this.#sections.map(sectionJson);
  }
}

function sectionJson({ source, names, rows, omitted, unmasked }: Section): JsonValue {
  return {
    result: source.result,
    ...(names.length > 0 ? { columns: names } : {}),
    ...(source.kind === 'lines' ? { lines: rows } : { rows }),
    ...(omitted > 0 ? { omitted } : {}),
    ...(unmasked > 0 ? { unmasked } : {}),
  };
}

/** What follows each other of one result is one section. */
function joined(sections: readonly Section[]): readonly Section[] {
  const results = Map.groupBy(sections, ({ source }) => source.result);
  return [...results.values()].flatMap((parts) => {
    const [first] = parts;
    if (!first || parts.length === 1) return parts;
    return {
      source: first.source,
      names: parts.find(({ names }) => names.length > 0)?.names ?? [],
      rows: parts.flatMap(({ rows }) => rows),
      omitted: parts.reduce((sum, { omitted }) => sum + omitted, 0),
      unmasked: parts.reduce((sum, { unmasked }) => sum + unmasked, 0),
    };
  });
}

function readRun({ source, bytes }: RowRun, room: Room, masker: Masker): Section {
  const names = room.named === source.result ? [] : namesOf(source, room, masker);
  const rows: JsonValue[] = [];
  let at = 0;
  while (at < bytes.length && room.rows > 0) {
    const end = endOf(bytes, at);
    const held = rowsIn(source, bytes, at, end);
    const shown = held.map((cells) => shownRow(cells, source, room)).filter((row) => row !== undefined);
    rows.push(...shown);
    at = end;
    if (shown.length < held.length) return { source, names, rows, omitted: held.length - shown.length + countRows(source, bytes.subarray(at)), unmasked: 0 };
  }
  return { source, names, rows, omitted: countRows(source, bytes.subarray(at)), unmasked: 0 };
}

/** Whoever writes a statement names its columns, with whatever there is to hide. */
function namesOf({ result, columns }: RowSource, room: Room, masker: Masker): readonly string[] {
  if (room.rows === 0) return [];
  const names = columns.map(({ name }) => masker.text(name).value);
  if (!take(room, names, 0)) return [];
  room.named = result;
  return names;
}

/** Undefined where there is no room: then there is none for those that follow either. */
function shownRow(cells: readonly (Buffer | null)[], { kind, columns }: RowSource, room: Room): JsonValue | undefined {
  const size = cells.reduce((sum, cell) => sum + (cell?.length ?? 0), 0);
  if (size > room.bytes) close(room);
  if (room.rows === 0) return undefined;
  const texts = cells.map((cell, at) => cell && cellText(cell, kind === 'lines' ? TEXT : (columns[at] ?? UNKNOWN)));
  const row = kind === 'lines' ? (texts[0] ?? '') : texts;
  return take(room, row, 1) ? row : undefined;
}

const TEXT = { type: 0, format: 0 } as const;
const UNKNOWN = { type: 0, format: 1 } as const;

function take(room: Room, value: JsonValue, rows: 0 | 1): boolean {
  const bytes = Buffer.byteLength(JSON.stringify(value)) + 1;
  if (bytes > room.bytes) {
    close(room);
    return false;
  }
  room.bytes -= bytes;
  room.rows -= rows;
  return true;
}

function close(room: Room): void {
  room.rows = 0;
  room.bytes = 0;
}

function countRows(source: RowSource, bytes: Buffer): number {
  let count = 0;
  for (let at = 0; at < bytes.length; at = endOf(bytes, at)) count += source.kind === 'tuples' ? rowsIn(source, bytes, at, endOf(bytes, at)).length : 1;
  return count;
}

const endOf = (bytes: Buffer, at: number): number => at + 1 + bytes.readUInt32BE(at + 1);

/** Cells of the rows in one message, as they travel. */
function rowsIn({ kind }: RowSource, buffer: Buffer, start: number, end: number): readonly (readonly (Buffer | null)[])[] {
  if (kind === 'rows') return [tuple(new Fields({ buffer, start, end }))];
  if (kind === 'tuples') return tuplesIn(buffer, start + HEADER_BYTES, end);
  return [[buffer.subarray(start + HEADER_BYTES, buffer[end - 1] === 0x0a ? end - 1 : end)]];
}

/** A message of a binary COPY may begin with the header of all, and end with the mark of the end. */
function tuplesIn(buffer: Buffer, start: number, end: number): readonly (readonly (Buffer | null)[])[] {
  const fields = new Fields({ buffer, start, end }, 0);
  if (buffer.subarray(start, end).indexOf(COPY_SIGNATURE) === 0) {
    fields.bytes(COPY_SIGNATURE.length + 4);
    fields.bytes(fields.int32());
  }
  const rows: (readonly (Buffer | null)[])[] = [];
  while (fields.left > 0) {
    const columns = fields.int16();
    if (columns === -1) break;
    rows.push(cellsOf(fields, columns));
  }
  return rows;
}

const tuple = (fields: Fields): readonly (Buffer | null)[] => cellsOf(fields, fields.int16());

function cellsOf(fields: Fields, columns: number): readonly (Buffer | null)[] {
  const cells: (Buffer | null)[] = [];
  for (let at = 0; at < columns; at += 1) {
    const length = fields.int32();
    cells.push(length === -1 ? null : fields.bytes(length));
  }
  return cells;
}
