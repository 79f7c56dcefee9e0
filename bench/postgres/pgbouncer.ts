import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../test/support/listen.ts';
import { startChild } from '../process.ts';
import { DATABASE, USER } from './database.ts';

/** What people put in front of PostgreSQL, in session mode: a connection of its own for each client, as with the gateway. */
export interface Pgbouncer {
  readonly port: number;
  readonly pid: number;
  stop(): Promise<void>;
}

const PROGRAM = '/usr/sbin/pgbouncer';

export async function startPgbouncer(upstreamPort: number, core: string | undefined): Promise<Pgbouncer> {
  if (!existsSync(PROGRAM)) throw new Error('pgbouncer is not installed: apt-get install --no-install-recommends pgbouncer');
  const [folder, port] = [await mkdtemp(join(tmpdir(), 'sallyport-pgbouncer-')), await freePort()];
  await chmod(folder, 0o755);
  await writeFile(join(folder, 'users.txt'), `"${USER}" ""\n`, { mode: 0o644 });
  const settings = {
    listen_addr: '127.0.0.1',
    listen_port: port,
    unix_socket_dir: '',
    auth_type: 'trust',
    auth_file: join(folder, 'users.txt'),
    pool_mode: 'session',
    max_client_conn: 200,
    default_pool_size: 60,
    // What the others do not do either.
    log_connections: 0,
    log_disconnections: 0,
    stats_period: 3600,
    // pg and pgbench set this at start; it is nothing that a pool has to keep.
    ignore_startup_parameters: 'extra_float_digits',
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}`);
  const file = join(folder, 'pgbouncer.ini');
  await writeFile(file, `[databases]\n${DATABASE} = host=127.0.0.1 port=${upstreamPort} dbname=${DATABASE}\n[pgbouncer]\n${lines.join('\n')}\n`, {
    mode: 0o644,
  });
  const asUser = process.getuid?.() === 0 ? ['-u', 'postgres'] : [];
  const child = await startChild({ command: [PROGRAM, ...asUser, file], core, ready: /process up/ });
  return { port, pid: child.pid, stop: () => child.stop().finally(() => rm(folder, { recursive: true, force: true })) };
}
