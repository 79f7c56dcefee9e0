/** `npm run bench -- masking`: how much the detectors find on the labelled sets that are present, and what they cost. */
import { writeJson } from '../../src/core/json.ts';
import type { Benchmark, BenchmarkOptions, Figures } from '../benchmark.ts';
import { formatNumber, formatTable } from '../table.ts';
import { scoreSecretFiles, scoreSecrets, scoreStructured, scoreTexts, scoreVectors, TEXT_KINDS, type Scores } from './quality.ts';
import { f2, NOTHING, precision, recall, sum, type Score } from './score.ts';
import {
  cleanRow,
  everything,
  KILOBYTE,
  largeReply,
  MEGABYTE,
  megabytesPerSecond,
  microseconds,
  prose,
  rowsOf,
  rowWithHits,
  smallReply,
  tenthRow,
} from './speed.ts';

export const masking: Benchmark = { about: 'masking: what is found on labelled sets, and what it costs with every detector on', run: benchMasking };

const HITS = [0, 1, 50];

async function benchMasking(options: BenchmarkOptions): Promise<Figures> {
  return { ...quality(options), ...speed(options), ...speedByHits(options) };
}

function quality({ say }: BenchmarkOptions): Figures {
  const [secrets, files, structured, texts, vectors] = [scoreSecrets(), scoreSecretFiles(), scoreStructured(), scoreTexts(), scoreVectors()];
  if (!secrets || !files || !structured || !texts || !vectors) say('labelled sets: not present');
  const covered = texts && Object.fromEntries(Object.entries(texts).filter(([type]) => Object.hasOwn(TEXT_KINDS, type)));
  say(table({ ...(secrets && { secrets }), ...(files && { 'secrets in files': files }) }, 'secrets'));
  say(table(structured ?? {}, 'structured'));
  say(table(texts ?? {}, 'text (without a detector of its own: recall only)'));
  say(table(vectors ?? {}, 'vectors'));
  return {
    ...(secrets && { secrets_recall: recall(secrets), secrets_precision: precision(secrets) }),
    ...(files && { secret_files_recall: recall(files), secret_files_precision: precision(files) }),
    ...(structured && { structured_f2: f2(total(structured)) }),
    ...(covered && { text_f2: f2(total(covered)) }),
    ...(vectors && { vectors_recall: recall(total(vectors)), vectors_precision: precision(total(vectors)) }),
  };
}

const total = (scores: Scores): Score => Object.values(scores).reduce(sum, NOTHING);

function table(scores: Scores, title: string): string {
  const percent = (share: number): string => share.toFixed(3);
  const rows = Object.entries(scores).map(([name, score]) => [
    name,
    percent(precision(score)),
    percent(recall(score)),
    percent(f2(score)),
    ...[score.found, score.missed, score.wrong].map(String),
  ]);
  return `${formatTable([[title, 'precision', 'recall', 'F2', 'found', 'missed', 'wrong'], ...rows])}\n`;
}

function speed({ quick }: BenchmarkOptions): Figures {
  const masker = everything();
  const [clean, hits] = [smallReply(cleanRow), smallReply(rowWithHits)];
  const [largeClean, largeHits] = [largeReply(cleanRow), largeReply(tenthRow)];
  const small = (value: typeof clean): number => microseconds(() => masker.json(value), quick ? 1 : 9, 1500);
  const large = (value: typeof clean): number =>
    megabytesPerSecond(
      writeJson(value).length,
      microseconds(() => masker.json(value), quick ? 1 : 7, 2),
    );
  return {
    reply_2kb_clean_us: small(clean),
    reply_2kb_hits_us: small(hits),
    json_1mb_clean_mb_s: large(largeClean),
    json_1mb_hits_mb_s: large(largeHits),
    json_1mb_parse_and_write_mb_s: plainJson(writeJson(largeClean), quick ? 1 : 7),
  };
}

/** The yardstick: what JSON itself costs. */
function plainJson(text: string, rounds: number): number {
  return megabytesPerSecond(
    text.length,
    microseconds(() => JSON.stringify(JSON.parse(text)), rounds, 2),
  );
}

/** MB/s by size, form and values in each KB. */
function speedByHits({ quick, say }: BenchmarkOptions): Figures {
  const masker = everything();
  const figures: Record<string, number> = {};
  const rounds = quick ? 1 : 3;
  for (const [name, size] of [
    ['2kb', 2 * KILOBYTE],
    ['1mb', MEGABYTE],
  ] as const) {
    const calls = size === MEGABYTE ? 1 : 300;
    for (const hits of HITS) {
      const text = prose(size, hits);
      const value = rowsOf(size, hits);
      const written = writeJson(value);
      const measure = (call: () => unknown, length: number): number => megabytesPerSecond(length, microseconds(call, rounds, calls));
      figures[`json_${name}_${hits}_hits_per_kb_mb_s`] = measure(() => masker.json(value), written.length);
      figures[`text_${name}_${hits}_hits_per_kb_mb_s`] = measure(() => masker.text(text), text.length);
      say(`${name}, ${hits} hits per KB: plain JSON.parse and stringify ${formatNumber(plainJson(written, rounds))} MB/s`);
    }
  }
  return figures;
}
