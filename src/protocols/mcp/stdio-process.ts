import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { SallyportError } from '../../core/error.ts';
import { parseJson, writeJson } from '../../core/json.ts';
import type { Secret } from '../../core/secret.ts';
import type { Target } from '../../core/target.ts';
import { drained } from './drained.ts';
import { LastLines } from './last-lines.ts';
import { readMessage, type RpcMessage } from './codec.ts';

const GRACE_MS = 2000;
const LAST_WORDS_MS = 500;

/** One line from the server, and the message in it. */
export interface StdioLine {
  readonly text: string;
  readonly message: RpcMessage;
}

/** One child process that speaks newline-delimited JSON-RPC. Its environment is built from nothing; of its stderr the last lines are kept. */
export class StdioProcess {
  readonly #child: ChildProcess;
  readonly #onLine: (line: StdioLine) => void;
  readonly #onEnd: (error: SallyportError) => void;
  readonly #target: Target;
  readonly #lastLines = new LastLines();
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #ended = false;

  constructor(target: Target, env: Readonly<Record<string, Secret>>, handlers: { onLine(line: StdioLine): void; onEnd(error: SallyportError): void }) {
    this.#target = target;
    this.#onLine = handlers.onLine;
    this.#onEnd = handlers.onEnd;
    const [program = '', ...args] = target.command ?? [];
    // A group of its own: what the program started is ended with it.
    this.#child = spawn(program, args, { env: childEnvironment(env), stdio: ['pipe', 'pipe', 'pipe'], shell: false, detached: true });
    this.#child.on('error', (cause) => this.#end(new SallyportError('upstream_unreachable', `the target "${target.name}" could not be started`, { cause })));
    this.#child.on('exit', (code, signal) => {
      this.#signal('SIGKILL');
      this.#end(new SallyportError('upstream_unreachable', `the target "${target.name}" ended (${signal ?? `status ${code}`})`));
    });
    this.#child.stdin?.on('error', () => {});
    this.#child.stdout?.on('data', (chunk: Buffer) => this.#read(chunk));
    this.#child.stderr?.on('data', (chunk: Buffer) => this.#lastLines.add(chunk));
  }

  /** What it wrote to stderr last, once all of it has come: as it is, for whoever masks it. */
  async lastWords(): Promise<readonly string[]> {
    const { stderr } = this.#child;
    if (stderr && !stderr.closed) await Promise.race([once(stderr, 'close').catch(() => {}), sleep(LAST_WORDS_MS, undefined, { ref: false })]);
    return this.#lastLines.lines;
  }

  /** Resolves when the line may be followed by another. */
  async write(message: RpcMessage['message']): Promise<void> {
    const { stdin } = this.#child;
    if (this.#ended || !stdin?.writable) throw new SallyportError('upstream_unreachable', `the target "${this.#target.name}" has ended`);
    if (!stdin.write(`${oneLine(message)}\n`)) await drained(stdin);
  }

  /** Closes its input, then asks, then insists. */
  async close(): Promise<void> {
    this.#child.stdin?.end();
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      if (await this.#gone()) return;
      this.#signal(signal);
    }
    await this.#gone();
  }

  async #gone(): Promise<boolean> {
    for (let waited = 0; waited < GRACE_MS && !this.#hasExited(); waited += 20) await sleep(20);
    return this.#hasExited();
  }

  #hasExited(): boolean {
    return this.#child.pid === undefined || this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  #signal(signal: 'SIGTERM' | 'SIGKILL'): void {
    try {
      if (this.#child.pid !== undefined) process.kill(-this.#child.pid, signal);
    } catch {
      // It is gone already.
    }
  }

  #read(chunk: Buffer): void {
    let from = 0;
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, from)) {
      const line = Buffer.concat([...this.#pending, chunk.subarray(from, at)]);
      this.#pending = [];
      this.#pendingBytes = 0;
      from = at + 1;
      if (line.length > 0) this.#line(line);
    }
    this.#pending.push(chunk.subarray(from));
    this.#pendingBytes += chunk.length - from;
    if (this.#pendingBytes > this.#target.limits.replyBytes) this.#fail('sent a line over the limit');
  }

  #line(line: Buffer): void {
    try {
      const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(line).replace(/\r$/, '');
      this.#onLine({ text, message: readMessage(parseJson(text, { depth: this.#target.limits.depth + 16 })) });
    } catch {
      this.#fail('sent a line that is not JSON-RPC');
    }
  }

  #fail(what: string): void {
    this.#end(new SallyportError('upstream_invalid', `the target "${this.#target.name}" ${what}`));
    this.#signal('SIGKILL');
  }

  #end(error: SallyportError): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#onEnd(error);
  }
}

/** Some readers end a line at these too; inside a string, the only place where JSON has them, an escape is the same character. */
function oneLine(message: RpcMessage['message']): string {
  return writeJson(message).replace(/[\u0085\u2028\u2029]/g, (end) => `\\u${end.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function childEnvironment(env: Readonly<Record<string, Secret>>): Record<string, string> {
  const built: Record<string, string> = { PATH: process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin', LANG: 'C.UTF-8', HOME: process.env['HOME'] ?? '/' };
  for (const [name, secret] of Object.entries(env)) built[name] = secret.reveal();
  return built;
}
