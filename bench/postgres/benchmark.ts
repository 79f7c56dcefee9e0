/** PostgreSQL: look-ups and large results, direct, through pgbouncer and through the gateway, in turns of one run. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Benchmark, BenchmarkOptions, Figures } from '../benchmark.ts';
import { latenciesOf, median } from '../mcp/latencies.ts';
import { canPin, cpuMicroseconds, GATEWAY_CORE, OTHER_CORE, pinSelf, residentMegabytes } from '../process.ts';
import { DATABASE, startBenchDatabase, USER } from './database.ts';
import { startBenchGateway, type BenchGateway } from './gateway.ts';
import { pgbench, pgbenchLatencies, type PgbenchRun, type Place } from './pgbench.ts';
import { startPgbouncer } from './pgbouncer.ts';
import { readRows } from './rows.ts';

export const postgres: Benchmark = {
  about: 'PostgreSQL: pgbench and large results, direct, through pgbouncer and through the gateway',
  run,
};

interface Plan {
  readonly rounds: number;
  readonly length: PgbenchRun['length'];
  readonly clients: number;
  readonly scale: number;
  readonly rows: number;
  readonly rowRounds: number;
}

const FULL: Plan = { rounds: 5, length: { seconds: 4 }, clients: 16, scale: 10, rows: 1_000_000, rowRounds: 7 };
const QUICK: Plan = { rounds: 1, length: { transactions: 20 }, clients: 2, scale: 1, rows: 2_000, rowRounds: 1 };

const MODES = ['simple', 'prepared'] as const;
type Mode = (typeof MODES)[number];
const SIDES = ['direct', 'pgbouncer', 'relaxed', 'strict'] as const;
type Side = (typeof SIDES)[number];

interface Bench {
  readonly plan: Plan;
  readonly gateway: BenchGateway;
  readonly places: Readonly<Record<Side | 'masked', Place>>;
  /** Whose CPU is counted. */
  readonly pids: Readonly<Record<Exclude<Side, 'direct'>, number>>;
  readonly say: BenchmarkOptions['say'];
}

async function run({ quick, say }: BenchmarkOptions): Promise<Figures> {
  const plan = quick ? QUICK : FULL;
  const pinned = canPin();
  if (pinned) pinSelf(OTHER_CORE);
  else say('taskset cannot hold processes to two cores here: all share what there is, and the figures mean less');
  const core = pinned ? GATEWAY_CORE : undefined;
  const closing: (() => Promise<void>)[] = [];
  try {
    const database = await startBenchDatabase(plan);
    closing.push(() => database.stop());
    const pgbouncer = await startPgbouncer(database.port, core);
    closing.push(() => pgbouncer.stop());
    const gateway = await startBenchGateway(database.port, core);
    closing.push(() => gateway.stop());
    const own = { user: USER, password: '', database: DATABASE };
    const places = { direct: { ...own, port: database.port }, pgbouncer: { ...own, port: pgbouncer.port }, ...gateway.places };
    return await measure({ plan, gateway, places, pids: { pgbouncer: pgbouncer.pid, relaxed: gateway.pid, strict: gateway.pid }, say });
  } finally {
    for (const close of closing.toReversed()) await close();
  }
}

async function measure(bench: Bench): Promise<Figures> {
  const { say, places, plan } = bench;
  const before = residentMegabytes(bench.gateway.pid);
  say('warming up');
  for (const mode of MODES) for (const side of SIDES) await pgbench(places[side], { mode, clients: plan.clients, length: { transactions: 50 } });
  const lookups: Record<string, number> = {};
  for (const mode of MODES) Object.assign(lookups, await lookUps(bench, mode));
  const rows = await largeResults(bench);
  const neighbour = await neighbourLatency(bench);
  return { ...headline(lookups), ...rows, ...neighbour, ...lookups, rss_mb: residentMegabytes(bench.gateway.pid), rss_before_mb: before };
}

/** Of both modes the one that is further from the bar. */
function headline(figures: Figures): Figures {
  const of = (side: Side, name: string): readonly number[] => MODES.map((mode) => ratio(figures, mode, side, name));
  return {
    cpu_ratio_relaxed: Math.max(...of('relaxed', 'cpu_us')),
    cpu_ratio_strict: Math.max(...of('strict', 'cpu_us')),
    tps_ratio_relaxed: Math.min(...of('relaxed', 'tps')),
    tps_ratio_strict: Math.min(...of('strict', 'tps')),
  };
}

const ratio = (figures: Figures, mode: Mode, side: Side, name: string): number =>
  (figures[`${mode}_${side}_${name}`] ?? Number.NaN) / (figures[`${mode}_pgbouncer_${name}`] ?? Number.NaN);

async function lookUps({ plan, places, pids, say }: Bench, mode: Mode): Promise<Figures> {
  say(`look-ups, ${mode}, ${plan.clients} clients`);
  const perSecond: Record<Side, number[]> = { direct: [], pgbouncer: [], relaxed: [], strict: [] };
  const cpu: Record<Side, number[]> = { direct: [], pgbouncer: [], relaxed: [], strict: [] };
  for (let round = 0; round < plan.rounds; round += 1) {
    for (const side of SIDES) {
      const pid = side === 'direct' ? undefined : pids[side];
      const began = pid === undefined ? 0 : cpuMicroseconds(pid);
      const { transactions, perSecond: rate } = await pgbench(places[side], { mode, clients: plan.clients, length: plan.length });
      perSecond[side].push(rate);
      if (pid !== undefined) cpu[side].push((cpuMicroseconds(pid) - began) / Math.max(1, transactions));
      // What is written behind belongs to nobody else's turn.
      await sleep(200);
    }
  }
  const figures: Record<string, number> = {};
  for (const side of SIDES) {
    figures[`${mode}_${side}_tps`] = median(perSecond[side]);
    if (side !== 'direct') figures[`${mode}_${side}_cpu_us`] = median(cpu[side]);
  }
  return figures;
}

async function largeResults({ plan, places, say }: Bench): Promise<Figures> {
  const sides = ['direct', 'pgbouncer', 'relaxed', 'masked'] as const;
  say(`${plan.rows} rows`);
  const speeds: Record<(typeof sides)[number], number[]> = { direct: [], pgbouncer: [], relaxed: [], masked: [] };
  for (let round = 0; round < plan.rowRounds; round += 1) {
    for (const side of sides) {
      const { bytes, milliseconds } = await readRows(places[side]);
      speeds[side].push(bytes / 1e6 / (milliseconds / 1000));
    }
  }
  const direct = median(speeds.direct);
  return {
    rows_ratio_plain: median(speeds.relaxed) / direct,
    rows_ratio_masked: median(speeds.masked) / direct,
    rows_ratio_pgbouncer: median(speeds.pgbouncer) / direct,
    rows_direct_mb_s: direct,
  };
}

/** Somebody's look-ups while others read all rows again and again. */
async function neighbourLatency({ plan, places, say }: Bench): Promise<Figures> {
  say('look-ups beside large results');
  const figures: Record<string, number> = {};
  for (const [side, key] of [
    ['relaxed', 'neighbour_p99_ms'],
    ['pgbouncer', 'neighbour_pgbouncer_p99_ms'],
  ] as const) {
    const ended = new AbortController();
    const reading = readAgainAndAgain(places[side], ended.signal);
    const look: PgbenchRun = { mode: 'simple', clients: 2, length: plan.length };
    const { milliseconds } = await pgbenchLatencies(places[side], look).finally(() => ended.abort());
    await reading;
    figures[key] = latenciesOf(milliseconds).p99;
  }
  return figures;
}

async function readAgainAndAgain(place: Place, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) await readRows(place);
}
