/**
 * A PostgreSQL server and a gateway before it, wired as `src/gateway/` wires them: journal, database, approvals, policy,
 * logins, listener are real. A test holds the ends: the server itself, what is recorded, the policy.
 */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, type ClientConfig } from 'pg';
import { openApprovals, type ApprovalService } from '../../src/approval/approvals.ts';
import { openJournal } from '../../src/audit/open-journal.ts';
import { readRecordingKeys } from '../../src/audit/recording-keys.ts';
import { readSession } from '../../src/audit/replay.ts';
import { explainError } from '../../src/core/error.ts';
import type { Event } from '../../src/core/event.ts';
import type { Body, Recorder } from '../../src/core/recorder.ts';
import type { Subject } from '../../src/core/subject.ts';
import { openDatabaseLogins, type DatabaseLogins, type MintedLogin } from '../../src/credential/database-logins.ts';
import { storedDayBook } from '../../src/gateway/day-book.ts';
import { createGate } from '../../src/gateway/gate.ts';
import { QuotaCounter } from '../../src/gateway/quotas.ts';
import { openLocks, type Locks } from '../../src/lock/locks.ts';
import { createAuthenticator } from '../../src/identity/authenticate.ts';
import { mintToken } from '../../src/identity/mint.ts';
import { openSigningKeys } from '../../src/identity/signing-keys.ts';
import { parseResources } from '../../src/policy/resources.ts';
import { compilePolicy, type Snapshot } from '../../src/policy/snapshot.ts';
import { listenPostgres } from '../../src/protocols/postgres/index.ts';
import type { ListenerLimits } from '../../src/protocols/postgres/listener.ts';
import type { ServerTls } from '../../src/protocols/protocol.ts';
import { openStorage } from '../../src/storage/storage.ts';
import { freePort } from './listen.ts';
import { startPostgres, type TestPostgres } from './postgres.ts';
import { until } from './until.ts';

export interface RecordedCommand {
  readonly event: Event;
  readonly bodies: readonly { readonly name: Body['name']; readonly text: string }[];
}

export interface PostgresGateway {
  readonly port: number;
  /** Port of the server itself. */
  readonly serverPort: number;
  /** The same database without the gateway. */
  readonly direct: Client;
  readonly approvals: ApprovalService;
  readonly logins: DatabaseLogins;
  /** As another process of the installation has them: what it locks is found by looking. */
  readonly otherLocks: Locks;
  readonly recorded: readonly RecordedCommand[];
  /** What an operator reads of what failed. */
  readonly failures: readonly string[];
  events(kind: Event['kind']): readonly Event[];
  /** What the journal holds of a session, opened: all that was said in it. */
  said(session: string): Promise<string>;
  /** A login for somebody of these groups (`analysts` where absent). */
  login(name?: string, groups?: readonly string[]): Promise<MintedLogin>;
  token(name?: string, groups?: readonly string[], scope?: string): Promise<string>;
  /** A connected client of `pg`, which `stop` ends. */
  connect(options?: ClientConfig, login?: MintedLogin): Promise<Client>;
  /** The environment in which `psql` and its like reach the gateway. */
  env(login: MintedLogin): NodeJS.ProcessEnv;
  pending(): Promise<string>;
  setPolicy(policy: object): void;
  /** Only the listener: the rest goes on. */
  stopListening(): Promise<void>;
  stop(): Promise<void>;
}

export interface PostgresGatewayOptions {
  /** Documents of the kind Policy, about the target `shop`. */
  readonly policy: object | string;
  readonly target?: object;
  /** Statements run on the database before anybody connects. */
  readonly setup?: readonly string[];
  readonly serverSettings?: readonly string[];
  /** Folder of other server programs than Debian's. */
  readonly programs?: string;
  readonly tls?: ServerTls;
  readonly limits?: Partial<ListenerLimits>;
  /** Another place than the server of this test: a server that a test plays. */
  readonly address?: string;
}

export const LEAD: Subject = { kind: 'person', id: 'lead', name: 'lead', groups: ['leads'], issuer: 'local' };
const person = (name: string, groups: readonly string[]): Subject => ({ kind: 'person', id: name, name, groups, issuer: 'local' });

/** The server of these tests asks for no password; the gateway insists on one that it can read. */
export const UNCHECKED_PASSWORD = { env: 'SALLYPORT_TEST_UNCHECKED_PASSWORD' } as const;

/** Everybody may do anything: what is left is the gateway itself. */
export const OPEN_POLICY = { kind: 'Policy', name: 'open', targets: ['shop'], rules: [{ name: 'all', allow: ['*', 'unknown', 'unknown*'] }] };

export async function startPostgresGateway(options: PostgresGatewayOptions): Promise<PostgresGateway> {
  process.env[UNCHECKED_PASSWORD.env] = 'not checked';
  const serverPort = await freePort();
  const server = await startPostgres(
    ['listen_addresses=127.0.0.1', `port=${serverPort}`, 'max_connections=300', ...(options.serverSettings ?? [])],
    options.programs,
  );
  if (!server) throw new Error('the PostgreSQL server is not installed: apt-get install postgresql');
  const direct = await prepare(server, serverPort, options.setup ?? []);
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-pgw-'));
  const journal = await openJournal({ folder: join(folder, 'journal'), keysFolder: join(folder, 'keys') });
  const recorded: RecordedCommand[] = [];
  const failures: string[] = [];
  const recorder = heard(journal, recorded);
  const storage = await openStorage({ url: join(folder, 'sallyport.db') });
  const approvals = await openApprovals({ storage, recorder, key: randomBytes(32), owner: 'test' });
  const signing = await openSigningKeys(join(folder, 'signing'));
  const target = {
    kind: 'Target',
    name: 'shop',
    protocol: 'postgres',
    address: options.address ?? `postgres://127.0.0.1:${serverPort}/appdb`,
    credential: { login: { user: 'postgres', password: UNCHECKED_PASSWORD } },
    tls: { mode: 'disable' },
    owners: ['group:leads'],
    ...options.target,
  };
  let snapshot = snapshotOf(target, options.policy);
  const [locks, otherLocks] = [await openLocks({ storage, recorder }), await openLocks({ storage, recorder })];
  const gate = createGate({
    locks,
    snapshot: () => snapshot,
    approvals,
    recorder,
    quotas: new QuotaCounter(storedDayBook(storage)),
    maskingKey: randomBytes(32),
    report: (error) => void failures.push(explainError(error)),
  });
  const url = 'http://127.0.0.1:7600';
  const logins = openDatabaseLogins(storage, { recorder });
  const listener = await listenPostgres(
    {
      gate,
      reach: () => snapshot,
      authenticator: createAuthenticator({ issuers: [], own: signing, url }),
      url,
      sessionKey: randomBytes(32),
      maskingKey: randomBytes(32),
      installation: { name: 'test', owner: 'test', isAlive: () => Promise.resolve(false) },
      report: (error) => void failures.push(explainError(error)),
      logins,
    },
    { host: '127.0.0.1', port: 0 },
    options.tls,
    options.limits,
  );
  const clients: Client[] = [];
  const login = (name = 'ann', groups: readonly string[] = ['analysts']): Promise<MintedLogin> =>
    logins.mint({ subject: person(name, groups), target: 'shop', clientId: 'test', ttlMs: 600_000 });
  return {
    port: listener.port,
    serverPort,
    direct,
    approvals,
    logins,
    otherLocks,
    recorded,
    failures,
    async said(session) {
      const recording = await readRecordingKeys(join(folder, 'keys'));
      const texts: string[] = [];
      for await (const { bodies } of readSession({ folder: join(folder, 'journal'), recording, session })) texts.push(...bodies.map(({ text = '' }) => text));
      return texts.join('\n');
    },
    events: (kind) => recorded.map(({ event }) => event).filter((event) => event.kind === kind),
    login,
    token: async (name = 'ann', groups = ['analysts'], scope?: string) =>
      (await mintToken({ keys: signing, subject: person(name, groups), target: 'shop', url, ttlMs: 600_000, clientId: 'test', scope })).token,
    async connect(config = {}, given) {
      const { user, password } = given ?? (await login());
      const client = new Client({ host: '127.0.0.1', port: listener.port, database: 'shop', user, password: password.reveal(), ...config });
      client.on('error', () => {});
      await client.connect();
      clients.push(client);
      return client;
    },
    env: ({ user, password }) => ({
      ...process.env,
      PGHOST: '127.0.0.1',
      PGPORT: String(listener.port),
      PGUSER: user,
      PGPASSWORD: password.reveal(),
      PGDATABASE: 'shop',
      LC_ALL: 'C.UTF-8',
    }),
    pending: () => until('a pending approval', async () => (await approvals.list({ status: 'pending', viewer: LEAD }))[0]?.id),
    setPolicy(policy) {
      snapshot = snapshotOf(target, policy);
    },
    stopListening: () => listener.close(),
    async stop() {
      await Promise.all(clients.map((client) => client.end().catch(() => {})));
      await listener.close();
      await direct.end();
      await Promise.all([locks.close(), otherLocks.close()]);
      await approvals.close();
      await storage.close();
      await journal.close();
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function prepare(server: TestPostgres, port: number, setup: readonly string[]): Promise<Client> {
  const first = new Client({ connectionString: `postgres://sallyport@127.0.0.1:${port}/postgres` });
  await first.connect();
  await first.query('create role postgres superuser login');
  await first.query('create database appdb');
  await first.end();
  const direct = new Client({ connectionString: `postgres://postgres@127.0.0.1:${port}/appdb` });
  await direct.connect();
  for (const statement of setup) await direct.query(statement);
  return direct;
}

function snapshotOf(target: object, policy: object | string): Snapshot {
  const text = typeof policy === 'string' ? policy : JSON.stringify(policy);
  return compilePolicy(parseResources([{ file: 'test.yaml', text: `${JSON.stringify(target)}\n---\n${text}` }]));
}

function heard(journal: Recorder, recorded: RecordedCommand[]): Recorder {
  return {
    async append(event, bodies = []) {
      await journal.append(event, bodies);
      recorded.push({ event, bodies: bodies.map(({ name, bytes }) => ({ name, text: Buffer.from(bytes).toString() })) });
    },
  };
}
