import { spawnSync } from 'node:child_process';
import { Client } from 'pg';
import { freePort } from '../../test/support/listen.ts';
import { startPostgres } from '../../test/support/postgres.ts';

/** A server on the loopback whose only user needs no password: what is measured is what stands in front of it. */
export interface BenchDatabase {
  readonly port: number;
  stop(): Promise<void>;
}

export const USER = 'sallyport';
export const DATABASE = 'bench';
export const ROWS_QUERY = 'select * from wide';

export async function startBenchDatabase({ scale, rows }: { readonly scale: number; readonly rows: number }): Promise<BenchDatabase> {
  const port = await freePort();
  const server = await startPostgres(['listen_addresses=127.0.0.1', `port=${port}`, 'max_connections=120', 'shared_buffers=256MB']);
  if (!server) throw new Error('the PostgreSQL server is not installed: apt-get install --no-install-recommends postgresql');
  try {
    await execute(port, 'postgres', [`create database ${DATABASE}`]);
    const { status, stderr } = spawnSync('pgbench', ['-h', '127.0.0.1', '-p', String(port), '-U', USER, '-i', '-q', '-s', String(scale), DATABASE], {
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`pgbench could not fill its tables:\n${stderr}`);
    await execute(port, DATABASE, [
      `create table wide as select n as id, 'name of ' || n as name, md5(n::text) as token, 'user' || n || '@example.org' as email, n * 1.5 as amount, now() as created_at
       from generate_series(1, ${rows}) n`,
      'vacuum analyze',
    ]);
    return { port, stop: () => server.stop() };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

async function execute(port: number, database: string, statements: readonly string[]): Promise<void> {
  const client = new Client({ host: '127.0.0.1', port, user: USER, database });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}
