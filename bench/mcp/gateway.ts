import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startIssuer } from '../../test/support/issuer.ts';
import { freePort } from '../../test/support/listen.ts';
import { SHAPES, toolOf } from './messages.ts';
import { startChild } from '../process.ts';

const BIN = join(import.meta.dirname, '../../bin/sallyport');
const RULES = 50;
const TARGET = 'models';
const RELAXED = 'models-relaxed';

/** A gateway with everything on: tokens of an issuer, 50 rules, masks by place and by value, a strict journal and its index. */
export interface BenchGateway {
  readonly pid: number;
  readonly port: number;
  readonly path: string;
  /** The same target, but the record of a reply is not waited for. */
  readonly relaxedPath: string;
  /** Good for an hour. */
  readonly token: string;
  stop(): Promise<void>;
}

export async function startBenchGateway(upstreamPort: number, core: string | undefined): Promise<BenchGateway> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-bench-'));
  const issuer = await startIssuer();
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  await writeFile(join(folder, 'sallyport.yaml'), JSON.stringify(configOf(url, port, issuer.url('person'))));
  await mkdir(join(folder, 'resources'));
  await writeFile(
    join(folder, 'resources', 'all.yaml'),
    resourcesOf(upstreamPort)
      .map((document) => JSON.stringify(document))
      .join('\n---\n'),
  );
  const release = async (): Promise<void> => {
    await issuer.close();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const child = await startChild({ command: [BIN, 'start', '--config', join(folder, 'sallyport.yaml')], core, ready: /sallyport is ready/ });
    const token = await issuer.token({ sub: 'bench', name: 'bench@example.org', groups: ['staff', 'team-3', 'team-9'], aud: url, lifetime: 3600 });
    const stop = (): Promise<void> => child.stop().finally(release);
    return { pid: child.pid, port, path: `/mcp/${TARGET}`, relaxedPath: `/mcp/${RELAXED}`, token, stop };
  } catch (error) {
    await release();
    throw error;
  }
}

function configOf(url: string, port: number, issuer: string): object {
  const claims = { id: 'sub', name: 'name', groups: 'groups' };
  return {
    url,
    listen: { http: `127.0.0.1:${port}` },
    data: './data',
    identity: { issuers: [{ issuer, audience: url, claims, kind: 'person' }] },
    resources: './resources',
  };
}

function resourcesOf(upstreamPort: number): readonly object[] {
  const target = {
    kind: 'Target',
    name: TARGET,
    protocol: 'mcp',
    address: `http://127.0.0.1:${upstreamPort}/mcp`,
    labels: { env: 'prod' },
    owners: ['group:owners'],
    audit: 'strict',
  };
  const masks = [{ detect: ['email', 'credit-card', 'us-ssn', 'secret'] }, { fields: ['$..api_key', '$.customer.token'] }];
  const relaxed = { ...target, name: RELAXED, audit: 'relaxed' };
  return [target, relaxed, { kind: 'Policy', name: 'bench', targets: [TARGET, RELAXED], rules: [readRule(), ...otherRules(RULES - 1)], masks }];
}

/** The rule that the calls pass by, under a condition that reads their arguments. */
function readRule(): object {
  return {
    name: 'read',
    subjects: ['group:staff'],
    allow: ['tools/list', ...SHAPES.map((shape) => `tools/call ${toolOf(shape)}`)],
    when: 'args.limit <= 1000',
  };
}

/** A third each: allow under a condition, review by glob, deny by glob; every tenth names everybody. */
function otherRules(count: number): readonly object[] {
  return Array.from({ length: count }, (_, index) => {
    const about = { name: `r${index}`, ...(index % 10 === 0 ? {} : { subjects: [`group:team-${index % 20}`] }) };
    if (index % 3 === 0) return { ...about, allow: [`tools/call run_${index}`, `tools/call list_${index}_*`], when: 'args.rows <= 10000' };
    if (index % 3 === 1) return { ...about, review: [`tools/call update_${index}_*`], approval: { from: ['group:leads'] } };
    return { ...about, deny: [`tools/call *_secret_${index}`, `tools/call drop_${index}`] };
  });
}
