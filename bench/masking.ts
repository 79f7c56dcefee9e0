import { parseJson, writeJson, type JsonValue } from '../src/core/json.ts';
import { DETECTORS } from '../src/masking/detectors.ts';
import { createMasker } from '../src/masking/masker.ts';
import type { Benchmark, BenchmarkOptions, Figures } from './benchmark.ts';

export const masking: Benchmark = { about: 'masking a parsed reply of 2 KB, every detector on', run: benchMasking };

const PATHS = ['$..api_key', '$.customer.ssn'];
const ROUNDS = 7;
const CALLS = 1500;

/** Microseconds that masking an already parsed reply of 2 KB takes, every detector and two paths on: without hits, and with 18. */
async function benchMasking({ quick }: BenchmarkOptions): Promise<Figures> {
  const masker = createMasker([{ fields: PATHS, detect: DETECTORS.map((detector) => detector.name), operator: 'redact' }], {
    key: new Uint8Array(32),
    direction: 'reply',
  });
  const clean = parseJson(writeJson(reply(cleanRow)));
  const hits = parseJson(writeJson(reply(rowWithHits)));
  const figures = { reply_2kb_clean_us: Infinity, reply_2kb_hits_us: Infinity };
  for (let round = 0; round < (quick ? 1 : ROUNDS); round += 1) {
    figures.reply_2kb_clean_us = Math.min(
      figures.reply_2kb_clean_us,
      microseconds(() => masker.json(clean)),
    );
    figures.reply_2kb_hits_us = Math.min(
      figures.reply_2kb_hits_us,
      microseconds(() => masker.json(hits)),
    );
    await new Promise(setImmediate);
  }
  return figures;
}

/** CPU of this process for one call. */
function microseconds(call: () => unknown): number {
  const before = process.cpuUsage();
  for (let i = 0; i < CALLS; i += 1) call();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / CALLS;
}

function reply(row: (index: number) => JsonValue): JsonValue {
  return { rows: Array.from({ length: 12 }, (_, index) => row(index)), count: 12, next: null };
}

function cleanRow(index: number): JsonValue {
  return {
    id: 4100 + index,
    name: `model-${index}`,
    status: index % 3 === 0 ? 'deployed' : 'archived',
    created: `2026-03-${10 + index}T08:15:30Z`,
    note: 'Trained on the spring set, reviewed by two people',
    accuracy: 0.912 + index / 1000,
    owner: 'team-vision',
  };
}

function rowWithHits(index: number): JsonValue {
  const row = { id: 4100 + index, name: `customer ${index}`, status: 'active', created: `2026-03-${10 + index}T08:15:30Z` };
  if (index < 6) return { ...row, email: `ada${index}@example.org`, note: `paid with 4929722653797141 on the ${index}th`, ssn: `536-22-77${40 + index}` };
  return { ...row, email: 'none', note: 'Trained on the spring set, reviewed by two people', owner: 'team-vision' };
}
