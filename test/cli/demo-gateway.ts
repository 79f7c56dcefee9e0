import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../support/listen.ts';
import { until } from '../support/until.ts';

/** A minute: a slow machine under load takes its time to start. */
const START_TRIES = 1200;

export const ROOT = join(import.meta.dirname, '../..');

export interface DemoGateway {
  /** What a script may name: where things are, and the accounts' passwords. */
  readonly env: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

/** What `npm start` runs, on a port and a data folder of its own. */
export async function startDemoGateway(): Promise<DemoGateway> {
  const data = await mkdtemp(join(tmpdir(), 'sallyport-cli-'));
  const port = await freePort();
  const env = { SALLYPORT_DATA: data, SALLYPORT_PORT: String(port) };
  const child = spawn(join(ROOT, 'bin/sallyport'), ['start', '--demo'], { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const exited = once(child, 'exit');
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ready = (): true | undefined => {
    if (child.exitCode !== null) throw new Error(`the demo ended with ${child.exitCode}:\n${output}`);
    return output.includes('sallyport is ready') ? true : undefined;
  };
  await until('the demo to be ready', ready, START_TRIES);
  // Written by the demo: name -> password.
  const passwords = JSON.parse(await readFile(join(data, 'demo-accounts.json'), 'utf8')) as Readonly<Record<string, string>>;
  return {
    env: {
      ...env,
      URL: `http://localhost:${port}`,
      SALLYPORT_ENDPOINT: `http://localhost:${port}/mcp/models`,
      ...Object.fromEntries(Object.entries(passwords).map(([name, password]) => [`${name.toUpperCase()}_PASSWORD`, password])),
    },
    async stop() {
      child.kill('SIGTERM');
      await exited;
      await rm(data, { recursive: true, force: true });
    },
  };
}
