/** A stdio server written by hand: what it is asked to do wrong, it does. Run as a program of its own. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

interface Asked {
  readonly id?: number;
  readonly method: string;
  readonly params?: {
    readonly name?: string;
    readonly arguments?: Record<string, string>;
    readonly _meta?: Record<string, unknown>;
    readonly requestId?: number;
  };
}

const notes: string[] = [];
const waiting = new Map<string, Asked>();
const write = (message: object): void => void process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
const result = (asked: Asked, value: unknown): void => write({ id: asked.id, result: { content: [{ type: 'text', text: JSON.stringify(value) }] } });
const progress = (asked: Asked): void =>
  write({ method: 'notifications/progress', params: { progressToken: asked.params?._meta?.['progressToken'], progress: 1 } });

const TOOLS: Record<string, (asked: Asked, args: Record<string, string>) => void> = {
  about: (asked) => result(asked, { pid: process.pid, argv: process.argv.slice(2), environment: process.env, meta: asked.params?._meta }),
  echo: (asked, args) => result(asked, args),
  /** Waits under a name until `release` names it. */
  wait: (asked, { name = '' }) => {
    waiting.set(name, asked);
    progress(asked);
  },
  release: (asked, { name = '' }) => {
    const held = waiting.get(name);
    if (held) result(held, { released: name, id: held.id });
    result(asked, { notes, waiting: waiting.size });
  },
  /** Starts a process that would outlive it. */
  child: (asked) => {
    const child = spawn('sleep', ['1000'], { stdio: 'ignore' });
    child.unref();
    result(asked, { child: child.pid });
  },
  die: () => process.exit(3),
  /** Says why first, with more than anybody wants to read and what nobody should. */
  complain: () => {
    for (let at = 0; at < 10_000; at += 1) process.stderr.write(`line ${at} ${'x'.repeat(2_000)}\n`);
    process.stderr.write(`cannot open with ${process.env['SERVER_PASSWORD']} and ghp_0123456789abcdefghijABCDEFGHIJ012345\u001b[31m\n`, () => process.exit(4));
  },
  garbage: () => process.stdout.write('this is no JSON\n'),
  flood: () => {
    for (let at = 0; at < 2500; at += 1) write({ method: 'notifications/message', params: { level: 'info', data: 'x'.repeat(512) } });
  },
};

const METHODS: Record<string, (asked: Asked) => void> = {
  initialize: (asked) =>
    write({ id: asked.id, result: { protocolVersion: '2025-06-18', capabilities: { tools: {} }, serverInfo: { name: 'by hand', version: '1' } } }),
  'tools/list': (asked) => write({ id: asked.id, result: { tools: Object.keys(TOOLS).map((name) => ({ name, inputSchema: { type: 'object' } })) } }),
  'tools/call': (asked) => TOOLS[asked.params?.name ?? '']?.(asked, asked.params?.arguments ?? {}),
  'subscriptions/listen': (asked) => {
    const meta = { 'io.modelcontextprotocol/subscriptionId': asked.id };
    write({ method: 'notifications/subscriptions/acknowledged', params: { notifications: {}, _meta: meta } });
    write({ method: 'notifications/tools/list_changed', params: { _meta: meta } });
    write({ id: asked.id, result: { resultType: 'complete', _meta: meta } });
  },
  'notifications/cancelled': (asked) => void notes.push(`cancelled ${asked.params?.requestId}`),
};

createInterface({ input: process.stdin }).on('line', (line) => {
  const asked = JSON.parse(line) as Asked; // the gateway wrote it
  METHODS[asked.method]?.(asked);
});
