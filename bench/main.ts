/** `npm run bench -- <name> [--quick] [--json]`: measures, writes `bench/results/<name>.json` and prints what it found. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { audit } from './audit/benchmark.ts';
import type { Benchmark, Figures } from './benchmark.ts';
import { masking } from './masking/benchmark.ts';
import { mcp } from './mcp/benchmark.ts';
import { policy } from './policy.ts';
import { postgres } from './postgres/benchmark.ts';
import { search } from './search/benchmark.ts';
import { formatNumber, formatTable } from './table.ts';

const BENCHMARKS: Readonly<Record<string, Benchmark>> = { mcp, policy, masking, audit, search, postgres };
const RESULTS = join(import.meta.dirname, 'results');

const HELP = `npm run bench -- NAME [--quick] [--json]

${formatTable(Object.entries(BENCHMARKS).map(([name, { about }]) => [`  ${name}`, about.padEnd(80)]))}

  --quick         a few seconds that show that it runs; the figures mean little
  --json          print the result instead of a table
  --results DIR   where NAME.json goes (default bench/results)`;

interface Result {
  readonly name: string;
  /** RFC 3339, when it began. */
  readonly at: string;
  readonly node: string;
  readonly figures: Figures;
}

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const parsed = readArguments(args);
  if (typeof parsed === 'string') return usage(parsed);
  const { name, benchmark, quick, json, results } = parsed;
  if (!benchmark) {
    write(HELP);
    return 0;
  }
  const at = new Date().toISOString();
  const figures = await benchmark.run({ quick, say: (line) => process.stderr.write(`${line}\n`) });
  const result: Result = { name, at, node: process.version, figures: rounded(figures) };
  await mkdir(results, { recursive: true });
  await writeFile(join(results, `${name}.json`), `${JSON.stringify(result, undefined, 2)}\n`);
  write(json ? JSON.stringify(result) : (benchmark.table?.(figures) ?? listOf(figures)));
  return 0;
}

interface Chosen {
  readonly name: string;
  /** Absent where help is asked for. */
  readonly benchmark?: Benchmark;
  readonly quick: boolean;
  readonly json: boolean;
  readonly results: string;
}

/** What to run, or what is wrong with the words. */
function readArguments(args: readonly string[]): Chosen | string {
  try {
    const options = { help: { type: 'boolean', short: 'h' }, quick: { type: 'boolean' }, json: { type: 'boolean' }, results: { type: 'string' } } as const;
    const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options });
    const { help = false, quick = false, json = false, results = RESULTS } = values;
    const [name = '', more] = positionals;
    if (help) return { name, quick, json, results };
    if (name === '' || more !== undefined) return 'name one benchmark';
    const benchmark = Object.hasOwn(BENCHMARKS, name) ? BENCHMARKS[name] : undefined;
    return benchmark ? { name, benchmark, quick, json, results } : `no benchmark is called ${JSON.stringify(name)}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function usage(problem: string): number {
  process.stderr.write(`error: ${problem}\nhint: ${Object.keys(BENCHMARKS).join(', ')}; npm run bench -- --help says more\n`);
  return 2;
}

function listOf(figures: Figures): string {
  return formatTable(Object.entries(figures).map(([key, value]) => [key, formatNumber(value)]));
}

function rounded(figures: Figures): Figures {
  return Object.fromEntries(Object.entries(figures).map(([key, value]) => [key, Math.round(value * 1000) / 1000]));
}

function write(text: string): void {
  process.stdout.write(`${text}\n`);
}
