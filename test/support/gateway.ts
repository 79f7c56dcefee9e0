/** The gateway as an operator runs it: a child process with a configuration file, a data folder and resources. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NewAccount } from '../../src/identity/accounts.ts';
import { createAccounts } from './accounts.ts';
import { ISSUER_KINDS, startIssuer, type Issuer, type TokenClaims } from './issuer.ts';
import { freePort } from './listen.ts';

const ROOT = join(import.meta.dirname, '../..');
const READY = 'sallyport is ready';

export interface GatewayOptions {
  /** `kind: Target` and `kind: Policy` documents. */
  readonly resources: readonly object[];
  /** Members that replace those of the generated configuration. */
  readonly config?: object | ((port: number) => object);
  /** Listeners beside the one for HTTP. */
  readonly listen?: object;
  readonly env?: Readonly<Record<string, string>>;
  /** Made before the first start. */
  readonly accounts?: readonly NewAccount[];
}

export interface GatewayProcess {
  readonly url: string;
  readonly port: number;
  /** Holds `sallyport.yaml`, `resources/` and `data/`; removed by `stop`. */
  readonly folder: string;
  readonly issuer: Issuer;
  /** A token of the test's issuer for one target: `token({ sub: 'lead', groups: ['ml-leads'] }, 'models')`. */
  token(subject: Omit<TokenClaims, 'aud'>, target: string): Promise<string>;
  endpoint(target: string): string;
  /** What it has written to both its outputs so far. */
  output(): string;
  writeResources(resources: readonly object[]): Promise<void>;
  /** `kill -9`; the folder stays. */
  kill(): Promise<void>;
  /** Starts it again on the same folder and port. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export async function startGatewayProcess(options: GatewayOptions): Promise<GatewayProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-gateway-'));
  const issuer = await startIssuer();
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const file = join(folder, 'sallyport.yaml');
  await writeFile(
    file,
    JSON.stringify({
      ...defaults(url, port, folder, issuer, options.listen),
      ...(typeof options.config === 'function' ? options.config(port) : options.config),
    }),
  );
  await writeResources(folder, options.resources);
  await createAccounts(join(folder, 'data'), options.accounts ?? []);

  let output = '';
  const launch = (): Promise<ChildProcess> => launchGateway(file, options.env ?? {}, (text) => (output += text));
  let child = await launch().catch(async (error: unknown) => {
    await Promise.all([issuer.close(), rm(folder, { recursive: true, force: true })]);
    throw error;
  });
  return {
    url,
    port,
    folder,
    issuer,
    token: (subject, target) => issuer.token({ ...subject, aud: `${url}/mcp/${target}` }),
    endpoint: (target) => `${url}/mcp/${target}`,
    output: () => output,
    writeResources: (resources) => writeResources(folder, resources),
    kill: () => end(child, 'SIGKILL'),
    async restart() {
      await end(child, 'SIGTERM');
      child = await launch();
    },
    async stop() {
      await end(child, 'SIGTERM');
      await issuer.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function defaults(url: string, port: number, folder: string, issuer: Issuer, more: object = {}): object {
  const issuers = ISSUER_KINDS.map((kind) => ({ issuer: issuer.url(kind), audience: url, claims: { id: 'sub', name: 'name', groups: 'groups' }, kind }));
  return { url, listen: { http: `127.0.0.1:${port}`, ...more }, data: join(folder, 'data'), identity: { issuers }, resources: join(folder, 'resources') };
}

/** JSON is YAML too. The file is replaced in one step, as an editor does it. */
async function writeResources(folder: string, resources: readonly object[]): Promise<void> {
  await mkdir(join(folder, 'resources'), { recursive: true });
  await writeFile(join(folder, 'resources', 'all.yaml'), resources.map((document) => JSON.stringify(document)).join('\n---\n'));
}

async function launchGateway(file: string, env: Readonly<Record<string, string>>, write: (text: string) => void): Promise<ChildProcess> {
  const child = spawn(join(ROOT, 'bin/sallyport'), ['start', '--config', file], {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  await new Promise<void>((resolve, reject) => {
    const hear = (chunk: Buffer): void => {
      said += chunk.toString();
      write(chunk.toString());
      if (said.includes(READY)) resolve();
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the gateway ended with ${code} before it was ready:\n${said}`)));
  });
  return child;
}

async function end(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill(signal);
  await exited;
}
