import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chown, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

/**
 * A PostgreSQL cluster of the test's own, in a temporary folder, from the server programs that Debian's `postgresql`
 * package installs. No system service is asked for or touched. It listens on a unix socket only, so two of them never
 * want the same port.
 */
export interface TestPostgres {
  /** Accepted by `pg` as a connection string. */
  readonly url: string;
  stop(): Promise<void>;
}

/** `undefined` where the server is not installed: `npm test` installs it, or says that these tests cannot run. `settings` such as `jit=off`; `elsewhere` is a folder of other programs than Debian's. */
export async function startPostgres(settings: readonly string[] = [], elsewhere?: string): Promise<TestPostgres | undefined> {
  const programs = elsewhere ?? (await findPrograms());
  if (programs === undefined) return undefined;
  const owner = await findOwner();
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-pg-'));
  if (owner.uid !== undefined && owner.gid !== undefined) await chown(folder, owner.uid, owner.gid);
  const data = join(folder, 'data');
  const options = { ...owner, cwd: folder, env: { PATH: process.env['PATH'], LC_ALL: 'C.UTF-8' } };
  await promisify(execFile)(join(programs, 'initdb'), ['-D', data, '-U', 'sallyport', '-A', 'trust', '-E', 'UTF8', '--no-sync'], options);
  const server = spawn(join(programs, 'postgres'), ['-D', data, '-k', folder, ...SETTINGS, ...settings.flatMap((setting) => ['-c', setting])], {
    ...options,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const killed = (): void => void server.kill('SIGQUIT');
  process.once('exit', killed);
  await untilReady(server);
  return {
    url: `postgres://sallyport@localhost/postgres?host=${encodeURIComponent(folder)}`,
    stop: async () => {
      process.off('exit', killed);
      await stopServer(server);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** No TCP, and no waiting for a disk: a test's cluster need not survive the machine. */
const SETTINGS = ['listen_addresses=', 'fsync=off', 'max_connections=50', 'shared_buffers=16MB'].flatMap((setting) => ['-c', setting]);

/** Debian keeps the server's programs out of PATH, one folder per version. */
async function findPrograms(): Promise<string | undefined> {
  const root = '/usr/lib/postgresql';
  const versions = await readdir(root).catch(() => []);
  const newestFirst = versions
    .map(Number)
    .filter(Number.isFinite)
    .toSorted((a, b) => b - a);
  const debian = newestFirst.map((version) => join(root, String(version), 'bin'));
  const onPath = (process.env['PATH'] ?? '').split(':').filter((folder) => folder !== '');
  return [...debian, ...onPath].find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')));
}

interface Owner {
  readonly uid?: number;
  readonly gid?: number;
}

/** The server refuses to run as root, so root hands it to the user that Debian made for it. */
async function findOwner(): Promise<Owner> {
  if (process.getuid?.() !== 0) return {};
  const users = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
  const user = users.find(([name]) => name === 'postgres') ?? users.find(([name]) => name === 'nobody');
  if (user === undefined) throw new Error('no user `postgres` or `nobody` to run the database server as');
  return { uid: Number(user[2]), gid: Number(user[3]) };
}

async function untilReady(server: ChildProcess): Promise<void> {
  if (server.stderr === null) throw new Error('the database server has no stderr');
  const said: string[] = [];
  for await (const line of createInterface(server.stderr)) {
    said.push(line);
    if (line.includes('ready to accept connections')) break;
  }
  if (!said.at(-1)?.includes('ready to accept connections')) throw new Error(`the database server did not start:\n${said.join('\n')}`);
  // Leaving the loop paused the pipe; a full one would block the server.
  server.stderr.resume();
}

async function stopServer(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const exited = once(server, 'exit');
  server.kill('SIGINT');
  await exited;
}
