import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabaseLogins } from '../../src/credential/database-logins.ts';
import { openStorage } from '../../src/storage/storage.ts';
import { freePort } from '../../test/support/listen.ts';
import { startChild } from '../process.ts';
import { DATABASE, USER } from './database.ts';
import type { Place } from './pgbench.ts';

const BIN = join(import.meta.dirname, '../../bin/sallyport');
const RULES = 50;
/** The server asks for none; a target has one all the same. */
const PASSWORD = 'SALLYPORT_BENCH_PASSWORD';

/** One database behind one gateway, under four names: recorded with and without waiting for the record, and with one column masked. */
export const TARGETS = ['strict', 'relaxed', 'masked'] as const;
export type BenchTarget = (typeof TARGETS)[number];

export interface BenchGateway {
  readonly pid: number;
  readonly places: Readonly<Record<BenchTarget, Place>>;
  stop(): Promise<void>;
}

export async function startBenchGateway(upstreamPort: number, core: string | undefined): Promise<BenchGateway> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-bench-'));
  const release = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const [http, postgres] = [await freePort(), await freePort()];
    const config = {
      url: `http://127.0.0.1:${http}`,
      listen: { http: `127.0.0.1:${http}`, postgres: `127.0.0.1:${postgres}` },
      data: './data',
      resources: './resources',
    };
    await writeFile(join(folder, 'sallyport.yaml'), JSON.stringify(config));
    await mkdir(join(folder, 'resources'));
    const documents = [
      ...TARGETS.map((name) => targetOf(name, upstreamPort)),
      policyOf(['strict', 'relaxed'], []),
      policyOf(['masked'], ['public.wide.token']),
    ];
    await writeFile(join(folder, 'resources', 'all.yaml'), documents.map((document) => JSON.stringify(document)).join('\n---\n'));
    process.env[PASSWORD] = 'bench';
    const child = await startChild({ command: [BIN, 'start', '--config', join(folder, 'sallyport.yaml')], core, ready: /sallyport is ready/ });
    const places = await mintPlaces(join(folder, 'data'), postgres);
    return { pid: child.pid, places, stop: () => child.stop().finally(release) };
  } catch (error) {
    await release();
    throw error;
  }
}

/** Credentials as the gateway mints them, for an hour. */
async function mintPlaces(data: string, port: number): Promise<BenchGateway['places']> {
  const storage = await openStorage({ url: join(data, 'sallyport.db') });
  try {
    const logins = openDatabaseLogins(storage, { recorder: { append: () => Promise.resolve() } });
    const subject = { kind: 'person', id: 'bench', name: 'bench', groups: ['staff', 'team-3', 'team-9'], issuer: 'https://idp.example.org' } as const;
    const entries: [BenchTarget, Place][] = [];
    for (const target of TARGETS) {
      const { user, password } = await logins.mint({ subject, target, clientId: 'bench', ttlMs: 3_600_000 });
      entries.push([target, { port, user, password: password.reveal(), database: target }]);
    }
    // every target has its entry
    return Object.fromEntries(entries) as Record<BenchTarget, Place>;
  } finally {
    await storage.close();
  }
}

function targetOf(name: BenchTarget, port: number): object {
  return {
    kind: 'Target',
    name,
    protocol: 'postgres',
    address: `postgres://127.0.0.1:${port}/${DATABASE}`,
    tls: { mode: 'disable' },
    credential: { login: { user: USER, password: { env: PASSWORD } } },
    labels: { env: 'prod' },
    owners: ['group:owners'],
    audit: name === 'strict' ? 'strict' : 'relaxed',
  };
}

function policyOf(targets: readonly BenchTarget[], masked: readonly string[]): object {
  const read = {
    name: 'read',
    subjects: ['group:staff'],
    allow: ['read', 'read:public.*', 'read:pg_catalog.*', 'transaction:*', 'session:setting[*', 'session:show[*'],
  };
  const masks = masked.length === 0 ? {} : { masks: [{ columns: masked, with: 'partial' }] };
  return { kind: 'Policy', name: `bench-${targets.join('-')}`, targets, rules: [read, ...otherRules(RULES - 1)], ...masks };
}

/** A third each: allow, review and deny; every tenth names everybody. */
function otherRules(count: number): readonly object[] {
  return Array.from({ length: count }, (_, index) => {
    const about = { name: `r${index}`, ...(index % 10 === 0 ? {} : { subjects: [`group:team-${index % 20}`] }) };
    if (index % 3 === 0) return { ...about, allow: [`write:insert:public.table_${index}`, `write:update:sales.table_${index}_*`] };
    if (index % 3 === 1) return { ...about, review: [`write:delete:public.table_${index}_*`], approval: { from: ['group:leads'] } };
    return { ...about, deny: [`read:secret_${index}.*`, `ddl:drop:table:public.table_${index}`] };
  });
}
