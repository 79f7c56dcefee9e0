import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where a client connects, and as whom. */
export interface Place {
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

export interface PgbenchRun {
  readonly mode: 'simple' | 'prepared';
  readonly clients: number;
  /** How long, or how many of each client. */
  readonly length: { readonly seconds: number } | { readonly transactions: number };
}

export interface PgbenchResult {
  readonly transactions: number;
  readonly perSecond: number;
  /** Of each transaction, where they were asked for. */
  readonly milliseconds: readonly number[];
}

/** Look-ups of one row by its key, as pgbench has them. Throws where one of them failed. */
export async function pgbench(place: Place, run: PgbenchRun): Promise<PgbenchResult> {
  const { stdout } = await start(place, run, []);
  return { ...counts(stdout), milliseconds: [] };
}

/** The same with the latency of each. */
export async function pgbenchLatencies(place: Place, run: PgbenchRun): Promise<PgbenchResult> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-pgbench-'));
  try {
    const { stdout } = await start(place, run, ['--log', '--log-prefix', join(folder, 'log')]);
    const files = await Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name), 'utf8')));
    // client, number, microseconds, ...
    const milliseconds = files.flatMap((text) => text.trim().split('\n')).map((line) => Number(line.split(' ')[2]) / 1000);
    return { ...counts(stdout), milliseconds: milliseconds.filter(Number.isFinite) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function start(
  { port, user, password, database }: Place,
  { mode, clients, length }: PgbenchRun,
  more: readonly string[],
): Promise<{ readonly stdout: string }> {
  const args = [
    '-h',
    '127.0.0.1',
    '-p',
    String(port),
    '-U',
    user,
    '-n',
    '-S',
    '-M',
    mode,
    '-c',
    String(clients),
    '-j',
    '1',
    ...('seconds' in length ? ['-T', String(length.seconds)] : ['-t', String(length.transactions)]),
    ...more,
    database,
  ];
  const child = spawn('pgbench', args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, PGPASSWORD: password, PGSSLMODE: 'disable' } });
  const [stdout, stderr] = [read(child.stdout), read(child.stderr)];
  const [code] = (await once(child, 'exit')) as [number | null]; // as Node documents it
  if (code !== 0) throw new Error(`pgbench ended with ${String(code)}:\n${await stderr}`);
  return { stdout: await stdout };
}

async function read(stream: NodeJS.ReadableStream): Promise<string> {
  let text = '';
  for await (const chunk of stream) text += String(chunk);
  return text;
}

function counts(stdout: string): { readonly transactions: number; readonly perSecond: number } {
  const transactions = /^number of transactions actually processed: (\d+)/m.exec(stdout)?.[1];
  const perSecond = /^tps = ([\d.]+)/m.exec(stdout)?.[1];
  if (!/^number of failed transactions: 0 /m.test(stdout) || transactions === undefined || perSecond === undefined) throw new Error(`pgbench says:\n${stdout}`);
  return { transactions: Number(transactions), perSecond: Number(perSecond) };
}
