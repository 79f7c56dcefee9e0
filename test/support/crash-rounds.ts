/**
 * A gateway under load that is killed at random moments, again and again on one data folder. After each kill the record is read as it was left:
 * what reached the target has its intent, what reached a client has its outcome, and all of it verifies.
 */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readRecordingKeys } from '../../src/audit/recording-keys.ts';
import { LogReader } from '../../src/audit/log-reader.ts';
import { BodyOpener, leafOf } from '../../src/audit/replay.ts';
import { listWriters } from '../../src/audit/segment.ts';
import { verifyLog, type WriterReport } from '../../src/audit/verify.ts';
import { startGatewayProcess, type GatewayProcess } from './gateway.ts';
import type { Random } from './random.ts';
import { callRaw } from './raw.ts';
import { until } from './until.ts';
import { startWorkbench } from './workbench.ts';

const CLIENTS = 16;
const LONGEST_MS = 900;

export interface CrashRounds {
  readonly rounds: number;
  readonly random: Random;
  readonly say?: (line: string) => void;
}

export interface CrashResult {
  /** Commands whose reply a client got, over all rounds. */
  readonly acknowledged: number;
  /** Commands that the target carried out. */
  readonly arrived: number;
  readonly events: number;
  /** Kills that left an unfinished commit behind. */
  readonly torn: number;
}

const resources = (address: string): object[] => [
  { kind: 'Target', name: 'workbench', protocol: 'mcp', address, owners: ['group:leads'], labels: { env: 'prod' } },
  {
    kind: 'Policy',
    name: 'testers',
    targets: ['workbench'],
    rules: [{ name: 'write', subjects: ['group:testers'], allow: ['tools/list', 'tools/call write'] }],
  },
];

export async function crashRounds({ rounds, random, say = () => {} }: CrashRounds): Promise<CrashResult> {
  const workbench = await startWorkbench();
  const gateway = await startGatewayProcess({ resources: resources(workbench.url) });
  const record = new RecordSoFar(gateway);
  const result = { acknowledged: 0, torn: 0 };
  try {
    const token = await gateway.token({ sub: 'tester', groups: ['testers'], lifetime: 3600 }, 'workbench');
    for (let round = 1; round <= rounds; round += 1) {
      const before = workbench.written.length;
      const after = random(LONGEST_MS);
      const acknowledged = await loadUntilKilled(gateway, token, round, after);
      const report = await record.verifyAndRead();
      const arrived = workbench.written.slice(before);
      assert.deepEqual(
        arrived.filter((key) => !record.intents.has(key)),
        [],
        `round ${round}: commands reached the target, and their intent is not recorded`,
      );
      assert.deepEqual(
        acknowledged.filter((key) => !record.outcomes.has(key)),
        [],
        `round ${round}: replies were released, and are not recorded`,
      );
      result.acknowledged += acknowledged.length;
      result.torn += report.unfinishedBytes > 0 ? 1 : 0;
      say(`round ${round}: killed after ${after} ms, ${acknowledged.length} replies, ${arrived.length} commands, ${report.events} events, verified`);
      record.forget();
      await gateway.restart();
    }
    return { ...result, arrived: workbench.written.length, events: (await record.verifyAndRead()).events };
  } finally {
    await gateway.stop();
    await workbench.close();
  }
}

/** Sixteen clients write without a pause; the gateway is killed so many milliseconds after the first reply. Returns the keys whose reply arrived. */
async function loadUntilKilled(gateway: GatewayProcess, token: string, round: number, milliseconds: number): Promise<readonly string[]> {
  const acknowledged: string[] = [];
  const stop = new AbortController();
  let last = 'nothing';
  const client = async (name: number): Promise<void> => {
    for (let n = 0; !stop.signal.aborted; n += 1) {
      const key = `key-${round}-${name}-${n}-end`;
      const reply = await callRaw(gateway.endpoint('workbench'), token, 'write', { key }).catch((error: unknown) => void (last = String(error)));
      last = reply?.text ?? last;
      if (reply?.message.result?.content?.[0]?.text === `written: ${key}`) acknowledged.push(key);
    }
  };
  const clients = Array.from({ length: CLIENTS }, (_, name) => client(name));
  // A machine with much else to do may take long to start answering; what hangs is found all the same.
  await until('the first reply', () => acknowledged[0], 1200).catch((error: unknown) => {
    stop.abort();
    throw new Error(`round ${round}: no reply, but ${last}\n${gateway.output().slice(-2000)}`, { cause: error });
  });
  await sleep(milliseconds);
  await gateway.kill();
  stop.abort();
  await Promise.all(clients);
  return acknowledged;
}

/** The one log of a gateway, read a little further each time. */
class RecordSoFar {
  /** Keys in recorded requests and replies since `forget`. */
  readonly intents = new Set<string>();
  readonly outcomes = new Set<string>();
  readonly #data: string;
  #next = 0;

  constructor(gateway: GatewayProcess) {
    this.#data = join(gateway.folder, 'data');
  }

  forget(): void {
    this.intents.clear();
    this.outcomes.clear();
  }

  async verifyAndRead(): Promise<WriterReport> {
    const folder = join(this.#data, 'journal');
    const report = await verifyLog({ folder, publicKey: await readFile(join(this.#data, 'keys/checkpoint.pub'), 'utf8') });
    assert.deepEqual(report.problems, []);
    const [writer = ''] = await listWriters(folder);
    const opener = new BodyOpener(writer, await readRecordingKeys(join(this.#data, 'keys')));
    const reader = new LogReader(folder, writer, this.#next);
    for (let frames = await reader.read(); frames.length > 0; frames = await reader.read()) {
      for (const frame of frames) for (const { name, text = '' } of await opener.open(leafOf(frame), frame.bodies, reader.segment)) this.#note(name, text);
    }
    this.#next = reader.next;
    await reader.close();
    const [only] = report.writers;
    assert.ok(only && report.writers.length === 1);
    return only;
  }

  #note(name: string, text: string): void {
    const [key] = /key-\d+-\d+-\d+-end/.exec(text) ?? [];
    if (key !== undefined) (name === 'request' ? this.intents : this.outcomes).add(key);
  }
}
