import { parseJson, writeJson, type JsonValue } from '../../src/core/json.ts';
import type { Masker } from '../../src/core/masker.ts';
import { DETECTORS } from '../../src/masking/detectors.ts';
import { createMasker } from '../../src/masking/masker.ts';

const PATHS = ['$..api_key', '$.customer.ssn'];
const KILOBYTE = 1024;
const MEGABYTE = 1024 * KILOBYTE;

/** Everything on: every detector and two paths. */
export const everything = (): Masker =>
  createMasker([{ fields: PATHS, detect: DETECTORS.map((detector) => detector.name), operator: 'redact' }], { key: new Uint8Array(32), direction: 'reply' });

/** Least CPU time of one call, in microseconds, of several rounds. */
export function microseconds(call: () => unknown, rounds: number, calls: number): number {
  let best = Infinity;
  for (let round = 0; round < rounds; round += 1) {
    const before = process.cpuUsage();
    for (let i = 0; i < calls; i += 1) call();
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, (user + system) / calls);
  }
  return best;
}

export const megabytesPerSecond = (bytes: number, us: number): number => bytes / us;

/** A parsed reply of 2 KB: twelve rows; with hits, 18 of them. */
export const smallReply = (row: (index: number) => JsonValue): JsonValue => reparsed({ rows: rows(12, row), count: 12, next: null });

/** Rows up to a size in characters of JSON. */
export function largeReply(row: (index: number) => JsonValue): JsonValue {
  const size = writeJson(row(1000)).length + 1;
  return reparsed({ rows: rows(Math.ceil(MEGABYTE / size), row) });
}

const rows = (count: number, row: (index: number) => JsonValue): readonly JsonValue[] => Array.from({ length: count }, (_, index) => row(index));
const reparsed = (value: JsonValue): JsonValue => parseJson(writeJson(value));

export function cleanRow(index: number): JsonValue {
  return {
    id: 4100 + index,
    name: `model-${index}`,
    status: index % 3 === 0 ? 'deployed' : 'archived',
    created: `2026-03-${10 + (index % 20)}T08:15:30Z`,
    note: 'Trained on the spring set, reviewed by two people',
    accuracy: 0.912 + (index % 80) / 1000,
    owner: 'team-vision',
  };
}

export function rowWithHits(index: number): JsonValue {
  const row = { id: 4100 + index, name: `customer ${index}`, status: 'active', created: `2026-03-${10 + (index % 20)}T08:15:30Z` };
  if (index % 12 < 6)
    return { ...row, email: `ada${index}@example.org`, note: `paid with 4929722653797141 on the ${index}th`, ssn: `536-22-77${40 + (index % 50)}` };
  return { ...row, email: 'none', note: 'Trained on the spring set, reviewed by two people', owner: 'team-vision' };
}

/** A hit in every tenth row. */
export function tenthRow(index: number): JsonValue {
  return index % 10 === 0 ? { id: 4100 + index, name: `customer ${index}`, status: 'active', email: `ada${index}@example.org` } : cleanRow(index);
}

const SENTENCE = 'The run was reviewed by two people and went on to the next stage without a remark, as planned. ';
const VALUES = ['ada@example.org', '4929722653797141', '536-22-7741', 'DE89370400440532013000', '+44 20 7946 0958'];

/** Prose of a size, with that many values in each KB. */
export function prose(size: number, hitsPerKilobyte: number): string {
  const value = (index: number): string => `${VALUES[index % VALUES.length] ?? ''}, `;
  const hits = Array.from({ length: hitsPerKilobyte }, (_, index) => value(index)).join('');
  const block = (hits + SENTENCE.repeat(12)).slice(0, Math.max(KILOBYTE, hits.length));
  return block.repeat(Math.ceil(size / block.length)).slice(0, size);
}

/** JSON of a size, with that many values in each KB. */
export function rowsOf(size: number, hitsPerKilobyte: number): JsonValue {
  const block = (index: number): JsonValue => ({
    values: Array.from({ length: hitsPerKilobyte }, (_, at) => VALUES[(index + at) % VALUES.length] ?? ''),
    rows: hitsPerKilobyte < 50 ? rows(6, cleanRow) : [],
  });
  const length = writeJson(block(0)).length;
  return reparsed(rows(Math.max(1, Math.round(size / length)), block));
}

export { KILOBYTE, MEGABYTE };
