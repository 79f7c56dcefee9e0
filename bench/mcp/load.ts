import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { Connection } from './connection.ts';
import type { HttpReply } from './reply-reader.ts';

/** Where calls go, what is sent, and what must come back. */
export interface Call {
  readonly port: number;
  readonly request: Buffer;
  /** Bytes of the reply's body, known from a call whose content was looked at. */
  readonly replyBytes: number;
}

export interface Load {
  readonly calls: number;
  readonly seconds: number;
  /** Milliseconds, one a call. */
  readonly latencies: readonly number[];
}

/** As many calls as the other side takes: each connection sends again when its reply is complete. */
export async function closedLoop(call: Call, connections: number, until: { readonly milliseconds: number } | { readonly calls: number }): Promise<Load> {
  const pool = await openAll(call.port, connections);
  const latencies: number[] = [];
  const started = performance.now();
  let begun = 0;
  const goesOn = (): boolean => {
    begun += 1;
    return 'calls' in until ? begun <= until.calls : performance.now() - started < until.milliseconds;
  };
  const run = async (connection: Connection): Promise<void> => {
    while (goesOn()) {
      const from = performance.now();
      check(await connection.send(call.request), call);
      latencies.push(performance.now() - from);
    }
  };
  await Promise.all(pool.map(run)).finally(() => closeAll(pool));
  return { calls: latencies.length, seconds: (performance.now() - started) / 1000, latencies };
}

/**
 * Calls at a fixed rate, spread over the connections. A latency counts from when the call was due, not from when it could
 * be sent: a slow reply makes those behind it late, and that is part of the figure (no coordinated omission).
 */
export async function openLoop(call: Call, connections: number, rate: { readonly perSecond: number; readonly milliseconds: number }): Promise<Load> {
  const pool = await openAll(call.port, connections);
  const due = Array.from({ length: Math.ceil((rate.milliseconds * rate.perSecond) / 1000) }, (_, index) => (index * 1000) / rate.perSecond);
  const started = performance.now();
  const latencies: number[] = [];
  const run = async (connection: Connection, first: number): Promise<void> => {
    for (let index = first; index < due.length; index += connections) {
      const at = started + (due[index] ?? 0);
      await waitUntil(at);
      check(await connection.send(call.request), call);
      latencies.push(performance.now() - at);
    }
  };
  await Promise.all(pool.map(run)).finally(() => closeAll(pool));
  return { calls: latencies.length, seconds: (performance.now() - started) / 1000, latencies };
}

/** Timers count whole milliseconds, and come up to one of them early: the rest is waited for turn by turn, since nothing may be sent before it is due. */
async function waitUntil(at: number): Promise<void> {
  for (let early = at - performance.now(); early > 0; early = at - performance.now()) await (early > 1 ? sleep(Math.floor(early)) : nextTurn());
}

function check(reply: HttpReply, call: Call): void {
  if (reply.status === 200 && reply.bytes === call.replyBytes) return;
  throw new Error(`a call failed: HTTP ${reply.status} with ${reply.bytes} bytes where 200 with ${call.replyBytes} was due`);
}

function openAll(port: number, connections: number): Promise<Connection[]> {
  return Promise.all(Array.from({ length: connections }, () => Connection.open(port)));
}

function closeAll(pool: readonly Connection[]): void {
  for (const connection of pool) connection.close();
}
