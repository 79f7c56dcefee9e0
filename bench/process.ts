import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';

/** A core of its own for what is measured, and the other for everything around it. As masks of `taskset`. */
export const GATEWAY_CORE = '0x1';
export const OTHER_CORE = '0x2';

/** Whether processes can be held to one core each: `taskset`, and two cores to hold them to. */
export function canPin(): boolean {
  return spawnSync('taskset', [OTHER_CORE, 'true'], { stdio: 'ignore' }).status === 0;
}

/** Holds this process, with all its threads, to a core. */
export function pinSelf(core: string): void {
  spawnSync('taskset', ['-a', '-p', core, String(process.pid)], { stdio: 'ignore' });
}

export interface ChildOptions {
  readonly command: readonly [program: string, ...args: string[]];
  /** `undefined`: wherever the system puts it. */
  readonly core: string | undefined;
  /** What it prints when it can be used. */
  readonly ready: RegExp;
}

/** A started process. `taskset` becomes the program, so that the pid is the program's own. */
export interface Child {
  readonly pid: number;
  /** What matched `ready`. */
  readonly said: RegExpExecArray;
  stop(): Promise<void>;
}

export async function startChild({ command, core, ready }: ChildOptions): Promise<Child> {
  const [program, ...args] = core === undefined ? command : ['taskset', core, ...command];
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const said = await untilReady(child, ready);
  child.stdout.resume();
  child.stderr.resume();
  return { pid: child.pid ?? 0, said, stop: () => stop(child) };
}

async function untilReady(child: ChildProcess, ready: RegExp): Promise<RegExpExecArray> {
  let said = '';
  return new Promise((resolve, reject) => {
    const hear = (chunk: Buffer): void => {
      said += chunk.toString();
      const match = ready.exec(said);
      if (match) resolve(match);
    };
    child.stdout?.on('data', hear);
    child.stderr?.on('data', hear);
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`it ended with ${code} before it was ready:\n${said}`)));
  });
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  await exited;
}

/** Microseconds of CPU that a process and its threads have used, to the nanosecond where the kernel counts so. Source: proc_pid_schedstat. */
export function cpuMicroseconds(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`);
  return threads.reduce((sum, thread) => sum + Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]) / 1000, 0);
}

/** Megabytes of memory that a process holds. */
export function residentMegabytes(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) / 1024;
}
