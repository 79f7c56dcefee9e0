/** The journal: events made durable a second, beside what the disk itself can do, and what waiting for the record of a reply costs a call. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Benchmark, BenchmarkOptions, Figures } from '../benchmark.ts';
import { startBenchGateway } from '../mcp/gateway.ts';
import { median } from '../mcp/latencies.ts';
import { closedLoop, type Call } from '../mcp/load.ts';
import { requestBytes } from '../mcp/messages.ts';
import { probe } from '../mcp/probe.ts';
import { canPin, GATEWAY_CORE, OTHER_CORE, startChild } from '../process.ts';
import { syncsPerSecond } from './disk.ts';
import type { WriterResult } from './writer.ts';

export const audit: Benchmark = { about: 'the journal: durable events/s, beside fdatasync/s of the disk; strict and relaxed calls', run };

interface Plan {
  readonly rounds: number;
  readonly turnMs: number;
  readonly warmUpCalls: number;
}

const FULL: Plan = { rounds: 5, turnMs: 2000, warmUpCalls: 20_000 };
const QUICK: Plan = { rounds: 1, turnMs: 150, warmUpCalls: 200 };

/** Of an event as the journal writes it. */
const EVENT_BYTES = 900;
const BODY_BYTES = 1024;
const CONNECTIONS = 16;

async function run({ quick, say }: BenchmarkOptions): Promise<Figures> {
  const plan = quick ? QUICK : FULL;
  const pinned = canPin();
  if (!pinned) say('taskset cannot hold processes to one core here: the figures are not those of one core');
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-bench-'));
  try {
    return { ...(await durable(folder, plan, pinned, say)), ...(await strictOverRelaxed(plan, pinned, say)) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** In turns, so that a disk that changes its mind changes it for all of them. */
async function durable(folder: string, plan: Plan, pinned: boolean, say: BenchmarkOptions['say']): Promise<Figures> {
  const all: Record<string, number[]> = {};
  const note = (key: string, value: number): void => void (all[key] ??= []).push(value);
  for (let round = 1; round <= plan.rounds; round += 1) {
    say(`durable events, round ${round} of ${plan.rounds}`);
    note('fdatasync_events_s', await syncsPerSecond(folder, { bytes: EVENT_BYTES, milliseconds: plan.turnMs }));
    for (const sessions of [1, 16, 256]) note(`durable_events_s_${sessions}`, await write(folder, sessions, plan, pinned, 0));
    note('encrypted_events_s_256', await write(folder, 256, plan, pinned, BODY_BYTES));
  }
  return Object.fromEntries(Object.entries(all).map(([key, values]) => [key, median(values)]));
}

async function write(folder: string, sessions: number, { turnMs }: Plan, pinned: boolean, bodyBytes: number): Promise<number> {
  const command = [process.execPath, join(import.meta.dirname, 'writer.ts'), folder, String(sessions), String(turnMs), String(bodyBytes)] as const;
  const [program, ...args] = pinned ? (['taskset', GATEWAY_CORE, ...command] as const) : command;
  const { stdout } = await promisify(execFile)(program, args);
  const { events, seconds } = JSON.parse(stdout) as WriterResult; // its own output
  return events / seconds;
}

/** The same calls to two targets of one gateway, in turns: one waits for the record of each reply, the other does not. */
async function strictOverRelaxed(plan: Plan, pinned: boolean, say: BenchmarkOptions['say']): Promise<Figures> {
  const core = (mask: string): string | undefined => (pinned ? mask : undefined);
  const upstream = await startChild({
    command: [process.execPath, join(import.meta.dirname, '../mcp/upstream.ts')],
    core: core(OTHER_CORE),
    ready: /^(\d+)\n/,
  });
  try {
    const upstreamPort = Number(upstream.said[1]);
    const gateway = await startBenchGateway(upstreamPort, core(GATEWAY_CORE));
    try {
      const direct = { port: upstreamPort, request: requestBytes(upstreamPort, '/mcp', 'clean', gateway.token) };
      const callOf = async (path: string): Promise<Call> => {
        const through = { port: gateway.port, request: requestBytes(gateway.port, path, 'clean', gateway.token) };
        return { ...through, replyBytes: (await probe('clean', direct, through)).gateway };
      };
      return await compare({ strict: await callOf(gateway.path), relaxed: await callOf(gateway.relaxedPath) }, plan, say);
    } finally {
      await gateway.stop();
    }
  } finally {
    await upstream.stop();
  }
}

type Mode = 'strict' | 'relaxed';

async function compare(calls: Readonly<Record<Mode, Call>>, plan: Plan, say: BenchmarkOptions['say']): Promise<Figures> {
  const rates: Record<Mode, number[]> = { strict: [], relaxed: [] };
  const modes = ['strict', 'relaxed'] as const;
  for (const mode of modes) await closedLoop(calls[mode], CONNECTIONS, { calls: plan.warmUpCalls });
  for (let round = 1; round <= plan.rounds; round += 1) {
    say(`strict and relaxed calls, round ${round} of ${plan.rounds}`);
    for (const mode of modes) {
      const { calls: count, seconds } = await closedLoop(calls[mode], CONNECTIONS, { milliseconds: plan.turnMs });
      rates[mode].push(count / seconds);
    }
  }
  const [strict, relaxed] = [median(rates.strict), median(rates.relaxed)];
  return { strict_rps: strict, relaxed_rps: relaxed, strict_over_relaxed: strict / relaxed };
}
