/** Calls of MCP tools, straight to the target and through the gateway, in turns of one run. */
import { join } from 'node:path';
import type { Benchmark, BenchmarkOptions, Figures } from '../benchmark.ts';
import { formatNumber, formatTable } from '../table.ts';
import { startBenchGateway, type BenchGateway } from './gateway.ts';
import { latenciesOf, median } from './latencies.ts';
import { closedLoop, openLoop, type Call, type Load } from './load.ts';
import { requestBytes, SHAPES, type Shape } from './messages.ts';
import { probe } from './probe.ts';
import { canPin, cpuMicroseconds, GATEWAY_CORE, OTHER_CORE, pinSelf, residentMegabytes, startChild, type Child } from '../process.ts';

export const mcp: Benchmark = {
  about: 'tool calls, direct and through the gateway: requests/s, latency, CPU, memory',
  run,
  table,
};

interface Plan {
  readonly rounds: number;
  readonly turnMs: number;
  readonly openTurnMs: number;
  readonly warmUpCalls: number;
  readonly memoryCalls: number;
  /** How many connections at most ask for replies of 1 MB. */
  readonly largeConnections: number;
}

const FULL: Plan = { rounds: 5, turnMs: 1000, openTurnMs: 3000, warmUpCalls: 20_000, memoryCalls: 100_000, largeConnections: 64 };
const QUICK: Plan = { rounds: 1, turnMs: 60, openTurnMs: 200, warmUpCalls: 200, memoryCalls: 500, largeConnections: 1 };

const CONNECTIONS = [1, 16, 64] as const;
const OPEN_CONNECTIONS = [1, 16] as const;
const OPEN_RATE = 500;
const SIDES = ['direct', 'gateway'] as const;
type Side = (typeof SIDES)[number];
type Calls = Readonly<Record<Side, Call>>;

/** What the runs share. */
interface Bench {
  readonly plan: Plan;
  readonly gateway: BenchGateway;
  readonly calls: Readonly<Record<Shape, Calls>>;
  readonly say: BenchmarkOptions['say'];
}

async function run({ quick, say }: BenchmarkOptions): Promise<Figures> {
  const pinned = canPin();
  if (pinned) pinSelf(OTHER_CORE);
  else say('taskset cannot hold processes to two cores here: gateway, target and load generator share what there is, and the figures mean less');
  const upstream = await startUpstream(pinned);
  try {
    const gateway = await startBenchGateway(Number(upstream.said[1]), pinned ? GATEWAY_CORE : undefined);
    try {
      const calls = await prepareCalls(Number(upstream.said[1]), gateway);
      return await measure({ plan: quick ? QUICK : FULL, gateway, calls, say });
    } finally {
      await gateway.stop();
    }
  } finally {
    await upstream.stop();
  }
}

function startUpstream(pinned: boolean): Promise<Child> {
  const file = join(import.meta.dirname, 'upstream.ts');
  return startChild({ command: [process.execPath, file], core: pinned ? OTHER_CORE : undefined, ready: /^(\d+)\n/ });
}

async function prepareCalls(upstreamPort: number, gateway: BenchGateway): Promise<Bench['calls']> {
  const entries: [Shape, Calls][] = [];
  for (const shape of SHAPES) {
    const direct = { port: upstreamPort, request: requestBytes(upstreamPort, '/mcp', shape, gateway.token) };
    const through = { port: gateway.port, request: requestBytes(gateway.port, gateway.path, shape, gateway.token) };
    const replies = await probe(shape, direct, through);
    entries.push([shape, { direct: { ...direct, replyBytes: replies.direct }, gateway: { ...through, replyBytes: replies.gateway } }]);
  }
  // every shape has its entry
  return Object.fromEntries(entries) as Record<Shape, Calls>;
}

async function measure(bench: Bench): Promise<Figures> {
  const { plan, calls, say } = bench;
  say('warming up');
  for (const side of SIDES) await closedLoop(calls.clean[side], 16, { calls: plan.warmUpCalls });
  const figures: Record<string, number> = {};
  for (const shape of SHAPES) {
    for (const connections of CONNECTIONS) {
      if (shape === 'large' && connections > plan.largeConnections) continue;
      say(`${shape}, ${connections} connections`);
      Object.assign(figures, await throughput(bench, shape, connections));
    }
  }
  for (const connections of OPEN_CONNECTIONS) {
    say(`${OPEN_RATE} requests/s over ${connections} connections`);
    Object.assign(figures, await addedLatency(bench, connections));
  }
  say(`memory over ${plan.memoryCalls} calls`);
  return { ...figures, ...(await memoryGrowth(bench)) };
}

/** Keys of the plain shape have no prefix: `gateway_rps_c16`, `hits_gateway_rps_c16`. */
function prefixOf(shape: Shape): string {
  return shape === 'clean' ? '' : `${shape}_`;
}

async function throughput({ plan, gateway, calls }: Bench, shape: Shape, connections: number): Promise<Figures> {
  const loads: Record<Side, Load[]> = { direct: [], gateway: [] };
  let cpu = 0;
  for (let round = 0; round < plan.rounds; round += 1) {
    for (const side of SIDES) {
      const before = cpuMicroseconds(gateway.pid);
      loads[side].push(await closedLoop(calls[shape][side], connections, { milliseconds: plan.turnMs }));
      if (side === 'gateway') cpu += cpuMicroseconds(gateway.pid) - before;
    }
  }
  const prefix = prefixOf(shape);
  const figures: Record<string, number> = {};
  for (const side of SIDES) {
    const { p50, p99 } = latenciesOf(loads[side].flatMap(({ latencies }) => latencies));
    figures[`${prefix}${side}_rps_c${connections}`] = median(loads[side].map((load) => load.calls / load.seconds));
    figures[`${prefix}${side}_p50_ms_c${connections}`] = p50;
    figures[`${prefix}${side}_p99_ms_c${connections}`] = p99;
  }
  if (connections === 16) figures[`${prefix}cpu_us_per_call`] = cpu / loads.gateway.reduce((sum, load) => sum + load.calls, 0);
  return figures;
}

/** What the gateway adds at a fixed rate far below what it can do. */
async function addedLatency({ plan, calls }: Bench, connections: number): Promise<Figures> {
  const all: Record<Side, number[]> = { direct: [], gateway: [] };
  for (let round = 0; round < plan.rounds; round += 1) {
    for (const side of SIDES) {
      const load = await openLoop(calls.clean[side], connections, { perSecond: OPEN_RATE, milliseconds: plan.openTurnMs });
      for (const latency of load.latencies) all[side].push(latency);
    }
  }
  const [direct, through] = [latenciesOf(all.direct), latenciesOf(all.gateway)];
  return { [`added_p50_ms_c${connections}`]: through.p50 - direct.p50, [`added_p99_ms_c${connections}`]: through.p99 - direct.p99 };
}

/** The process was warm before: what it holds more after so many calls, it would go on collecting. */
async function memoryGrowth({ plan, gateway, calls }: Bench): Promise<Figures> {
  await closedLoop(calls.clean.gateway, 16, { calls: plan.warmUpCalls });
  const before = residentMegabytes(gateway.pid);
  await closedLoop(calls.clean.gateway, 16, { calls: plan.memoryCalls });
  const after = residentMegabytes(gateway.pid);
  return { rss_growth_mb_100k: after - before, rss_mb: after, rss_calls: plan.memoryCalls };
}

function table(figures: Figures): string {
  const head = ['', 'direct/s', 'gateway/s', 'ratio', 'direct p50 ms', 'gateway p50 ms', 'direct p99 ms', 'gateway p99 ms'];
  const rows = SHAPES.flatMap((shape) =>
    CONNECTIONS.filter((connections) => figures[`${prefixOf(shape)}direct_rps_c${connections}`] !== undefined).map((connections) => {
      const figure = (side: Side, name: string): number => figures[`${prefixOf(shape)}${side}_${name}_c${connections}`] ?? Number.NaN;
      const pairs = ['rps', 'p50_ms', 'p99_ms'].flatMap((name) => SIDES.map((side) => formatNumber(figure(side, name))));
      pairs.splice(2, 0, formatNumber(figure('gateway', 'rps') / figure('direct', 'rps')));
      return [`${LABELS[shape]}, c${connections}`, ...pairs];
    }),
  );
  const others = Object.entries(figures).filter(([key]) => !/^(?:\w+_)?(?:direct|gateway)_/.test(key));
  return `${formatTable([head, ...rows])}\n\n${formatTable(others.map(([key, value]) => [key, formatNumber(value)]))}`;
}

const LABELS: Readonly<Record<Shape, string>> = {
  clean: '2 KB reply without hits',
  hits: '2 KB reply with hits',
  large: '1 MB reply',
  stream: 'event stream of 5',
};
