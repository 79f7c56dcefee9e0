import { resolve } from 'node:path';
import { SallyportError } from '../../core/error.ts';
import type { Gateway, GatewayOptions } from '../../gateway/main.ts';
import type { Invocation } from '../command.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { stopSignal } from '../stop-signal.ts';
import type { Terminal } from '../terminal.ts';

interface Running {
  close(): Promise<void>;
}

/** A stop that takes longer than this is given up. */
const STOP_MS = 10_000;

export async function run(invocation: Invocation): Promise<ExitCode> {
  const { terminal, format, flags } = invocation;
  const print = (line: string): void => (format === 'json' ? terminal.note(JSON.stringify({ message: line })) : terminal.line(line));
  const stop = stopSignal();
  const running = flags.has('demo') ? await startDemo(invocation, print) : await startConfigured(invocation, print);
  await stop;
  print('stopping: what is under way ends first');
  const code = await close(running);
  print('sallyport has stopped; the next start goes on with the same data');
  return code;
}

async function startConfigured({ options, terminal, format }: Invocation, print: (line: string) => void): Promise<Running> {
  const { startGateway } = await import('../../gateway/main.ts');
  const gateway = await startGateway({ config: resolve(options['config'] ?? 'sallyport.yaml'), log: logOf(terminal) });
  if (format === 'json') terminal.json({ ready: true, url: gateway.url });
  else for (const line of greeting(gateway)) print(line);
  return gateway;
}

/** Beside the answer: what the gateway says of itself while it runs. */
function logOf(terminal: Terminal): NonNullable<GatewayOptions['log']> {
  return { write: (line) => terminal.note(line), format: process.stderr.isTTY ? 'text' : 'json' };
}

const MOST_NAMED = 5;

function greeting({ url, targets }: Gateway): readonly string[] {
  const endpoints = targets
    .slice(0, MOST_NAMED)
    .map(({ name, protocol }) => (protocol === 'mcp' ? `MCP endpoint   ${url}/mcp/${name}` : `database       sallyport connect ${name}`));
  const more = targets.length > MOST_NAMED ? [`               and ${targets.length - MOST_NAMED} more`] : [];
  const none = ['there is no target yet: docs/policy.md begins with one to copy, and the gateway takes it up as soon as it is saved'];
  return [`console        ${url}`, ...(targets.length === 0 ? none : [...endpoints, ...more]), 'sallyport is ready'];
}

async function startDemo({ options, terminal, format }: Invocation, print: (line: string) => void): Promise<Running> {
  if (options['config'] !== undefined) throw new SallyportError('usage', 'the demo writes its own configuration: --demo and --config exclude each other');
  const port = demoPort(terminal.env['SALLYPORT_PORT']);
  const { startDemo: start } = await import('../../../examples/models/start.ts');
  const demo = await start({ data: resolve(terminal.env['SALLYPORT_DATA'] ?? '.sallyport'), port, print, log: logOf(terminal) });
  if (format === 'json') terminal.json({ ready: true, url: `http://localhost:${port}` });
  return demo;
}

function demoPort(text = '7600'): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port > 0 && port < 65_536) return port;
  throw new SallyportError('usage', `SALLYPORT_PORT is ${text}, which is no port`, { hint: 'a number from 1 to 65535' });
}

async function close(running: Running): Promise<ExitCode> {
  setTimeout(giveUp, STOP_MS).unref();
  await running.close();
  return EXIT.ok;
}

/** Also reached where all is closed, and something still keeps the process up. */
function giveUp(): never {
  process.stderr.write('error: the gateway did not stop in time\n');
  process.exit(EXIT.refused);
}
