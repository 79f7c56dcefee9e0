import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';

/**
 * A session at a shell as text, which a test runs again:
 *
 *     # a remark
 *     $ sallyport whoami --json       a command, run by sh
 *     < a line of standard input
 *     | a line of standard output
 *     ! a line of standard error
 *     = 4                             the exit code; 0 if absent
 *
 * In expected lines `<*>` stands for anything, and a line that is only `<...>` for any lines.
 */
export interface Step {
  readonly line: number;
  readonly command: string;
  readonly input: readonly string[];
  readonly stdout: readonly string[];
  readonly stderr: readonly string[];
  readonly exit: number;
}

export function parseScript(source: string): readonly Step[] {
  const steps: Step[] = [];
  for (const [at, line] of source.split('\n').entries()) {
    if (line === '' || line.startsWith('#')) continue;
    const [mark, rest] = [line.charAt(0), line.slice(2)];
    if (mark === '$') steps.push({ line: at + 1, command: rest, input: [], stdout: [], stderr: [], exit: 0 });
    else steps.push(extended(steps.pop(), mark, rest, at + 1));
  }
  return steps;
}

function extended(step: Step | undefined, mark: string, rest: string, line: number): Step {
  if (step === undefined) throw new Error(`line ${line} belongs to no command`);
  if (mark === '<') return { ...step, input: [...step.input, rest] };
  if (mark === '|') return { ...step, stdout: [...step.stdout, rest] };
  if (mark === '!') return { ...step, stderr: [...step.stderr, rest] };
  if (mark === '=') return { ...step, exit: Number(rest) };
  throw new Error(`line ${line} begins with ${mark}`);
}

export type Outcome = Pick<Step, 'stdout' | 'stderr' | 'exit'>;

export async function runStep(step: Step, env: Readonly<Record<string, string>>, cwd: string): Promise<Outcome> {
  const child = spawn('sh', ['-c', step.command], { env: { ...process.env, ...env }, cwd });
  const exited = new Promise<number>((resolve) => child.once('close', (code) => resolve(code ?? -1)));
  child.stdin.on('error', () => {}); // a command that reads nothing may be gone already
  child.stdin.end(step.input.map((line) => `${line}\n`).join(''));
  const [stdout, stderr, exit] = await Promise.all([text(child.stdout), text(child.stderr), exited]);
  return { stdout: linesOf(stdout), stderr: linesOf(stderr), exit };
}

function linesOf(output: string): readonly string[] {
  return output === '' ? [] : output.replace(/\n$/, '').split('\n');
}

/** What was expected, with each wildcard replaced by what stood there: equal to `actual` if it matches. */
export function settled(expected: readonly string[], actual: readonly string[]): readonly string[] {
  const pattern = expected.map((line) => (line === '<...>' ? '(?:[^\n]*\n)*' : `${line.split('<*>').map(escaped).join('[^\n]*')}\n`)).join('');
  const matches = new RegExp(`^${pattern}$`, 'u').test(actual.map((line) => `${line}\n`).join(''));
  return matches ? actual : expected;
}

function escaped(literal: string): string {
  return literal.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}
