import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, request, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getRequestListener } from '@hono/node-server';
import { openApprovals, type ApprovalService } from '../approval/approvals.ts';
import { makeCommand } from '../core/command.ts';
import type { Approval } from '../core/approval.ts';
import type { Event } from '../core/event.ts';
import { newId } from '../core/id.ts';
import type { Subject } from '../core/subject.ts';
import { openAccounts } from '../identity/accounts.ts';
import { openDirectory, type Directory } from '../identity/directory.ts';
import { createHostCheck } from '../identity/host.ts';
import { openPasskeys, type Passkeys } from '../identity/passkeys.ts';
import { openRevocations, type Revocations } from '../identity/revocations.ts';
import { openSignIns } from '../identity/sign-ins.ts';
import { openSigningKeys, type SigningKeys } from '../identity/signing-keys.ts';
import { clientAddress } from '../network/client-address.ts';
import { startNotices } from '../notice/notices.ts';
import type { NotifySettings } from '../notice/settings.ts';
import { parseResources } from '../policy/resources.ts';
import { compilePolicy, type Snapshot } from '../policy/snapshot.ts';
import { storedPins } from '../protocols/mcp/pins/pin-store.ts';
import { ToolPins } from '../protocols/mcp/pins/tool-pins.ts';
import { createSpend } from '../storage/spend.ts';
import { openStorage, type Storage } from '../storage/storage.ts';
import { createApi } from './app.ts';
import type { ApiDeps, Doors, Recordings } from './deps.ts';

/** In every account of the tests: must be found nowhere else. */
export const CANARY = 'canary-Pa55word-9f3a';

const RESOURCES = `
kind: Target
name: models
protocol: mcp
address: http://127.0.0.1:1/mcp
labels: { env: prod }
owners: [group:ml-platform]
---
kind: Target
name: payroll
protocol: mcp
address: http://127.0.0.1:1/mcp
owners: [person:boss]
---
kind: Policy
name: models
targets: [models]
rules:
  - name: scientists-list
    subjects: [group:data-science, workload:ci]
    allow: [tools/list]
  - name: changes-take-a-lead
    subjects: [group:data-science]
    review: [tools/call update_*]
    approval: { from: [group:ml-leads], quorum: 1, reason: optional }
  - name: deletions-take-a-reason
    subjects: [group:data-science]
    review: [tools/call delete_*]
    approval: { from: [group:ml-leads], quorum: 1, reason: required }
`;

const ACCOUNTS = [
  { name: 'scientist', kind: 'person', groups: ['data-science'] },
  { name: 'colleague', kind: 'person', groups: ['data-science'] },
  { name: 'lead', kind: 'person', groups: ['ml-leads'] },
  { name: 'owner', kind: 'person', groups: ['ml-platform'] },
  { name: 'ci', kind: 'workload', groups: [] },
] as const;

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The body as JSON; undefined where it is none. */
  readonly json: Readonly<Record<string, unknown>>;
}

export interface CallOptions {
  readonly method?: string;
  readonly body?: unknown;
  /** Sent as it is instead of `body`. */
  readonly raw?: string;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  /** The address of this machine's own that it comes from. */
  readonly from?: string;
}

/** The API over a listening server, on real storage, policy, approvals and identity; events are kept in a list. */
export interface TestApi {
  readonly url: string;
  readonly events: Event[];
  readonly reports: unknown[];
  readonly approvals: ApprovalService;
  readonly storage: Storage;
  readonly keys: SigningKeys;
  readonly snapshot: Snapshot;
  readonly directory: Directory;
  readonly revocations: Revocations;
  call(path: string, options?: CallOptions): Promise<Reply>;
  /** Headers of a signed-in browser. */
  signIn(name: string): Promise<Record<string, string>>;
  /** A pending approval, asked for by this account; `shown` is what approvers see of it. */
  hold(name: string, tool?: string, shown?: string): Promise<Approval>;
  close(): Promise<void>;
}

export interface TestApiOptions extends Partial<ApiDeps> {
  /** Of sign-ins; made once the address of the API is known. */
  readonly providers?: (url: string) => Promise<Doors['providers']> | Doors['providers'];
  readonly notify?: readonly NotifySettings[];
  /** Of approvals, links and signatures. */
  readonly now?: () => number;
  /** What is made of the other parts. */
  readonly wire?: (deps: ApiDeps & { readonly storage: Storage }) => Partial<ApiDeps>;
}

export async function startTestApi({ notify = [], providers, wire = () => ({}), ...more }: TestApiOptions = {}): Promise<TestApi> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-api-'));
  const storage = await openStorage({ url: join(folder, 'db') });
  const events: Event[] = [];
  const reports: unknown[] = [];
  const recorder = { append: (event: Event) => Promise.resolve(void events.push(event)) };
  const spend = createSpend(storage, more.now ?? Date.now);
  // Its address is known only once it listens.
  const later: { passkeys?: Passkeys } = {};
  const hasSecondFactor = async (name: string): Promise<boolean> => (await later.passkeys?.has(name)) ?? false;
  const accounts = openAccounts(storage, { recorder, hasSecondFactor, cost: { N: 1024, r: 8, p: 1 } });
  for (const account of ACCOUNTS) await accounts.create({ ...account, password: CANARY });
  const approvals = await openApprovals({ storage, recorder, key: Buffer.alloc(32, 1), owner: 'test', ...(more.now ? { now: more.now } : {}) });
  const keys = await openSigningKeys(join(folder, 'keys'));
  const snapshot = compilePolicy(parseResources([{ file: 'test.yaml', text: RESOURCES }]));

  const server = createServer((incoming, outgoing) => listener(incoming, outgoing));
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  const url = `http://localhost:${port}`;
  const passkeys = (later.passkeys = openPasskeys({ storage, url, key: Buffer.alloc(32, 4), spend, ...(more.now ? { now: more.now } : {}) }));
  const [directory, revocations] = [await openDirectory({ storage, recorder }), await openRevocations({ storage })];
  const signIns = openSignIns({ storage, directory, revocations });
  const recordings: Recordings = {
    list: () => Promise.resolve({ sessions: [] }),
    read: () => Promise.resolve(undefined),
    verify: () => Promise.resolve({ ok: true }),
    sinks: () => Promise.resolve([]),
  };
  const notices = startNotices({
    settings: notify,
    url,
    key: Buffer.alloc(32, 2),
    approvals,
    directory: (name) => accounts.find(name),
    storage,
    backOffMs: [10, 10],
    report: (error) => void reports.push(error),
    ...(more.now ? { now: more.now } : {}),
  });
  const wired: ApiDeps = {
    notices,
    url,
    hosts: createHostCheck(url, port),
    clientAddress: clientAddress([]),
    issuers: [],
    accounts,
    signIns,
    passkeys,
    keys,
    approvals,
    recordings,
    pins: new ToolPins(storedPins(storage), recorder),
    recorder,
    // eslint-disable-next-line @typescript-eslint/require-await -- nothing is recorded here
    async *pastCommands() {},
    compile: (texts) => compilePolicy(parseResources(texts)),
    snapshot: () => snapshot,
    report: (error) => void reports.push(error),
    ...(providers ? { doors: { directory, providers: await providers(url), key: Buffer.alloc(32, 3), spend } } : {}),
    ...more,
  };
  const listener = getRequestListener(createApi({ ...wired, ...wire({ ...wired, storage }) }).fetch, { overrideGlobalObjects: false });
  const call = (path: string, options: CallOptions = {}): Promise<Reply> => send(port, path, options);

  return {
    url,
    events,
    reports,
    approvals,
    storage,
    keys,
    snapshot,
    directory,
    revocations,
    call,
    async signIn(name) {
      const reply = await call('/api/sign-in', { method: 'POST', body: { name, password: CANARY } });
      const cookie = reply.headers['set-cookie']?.[0]?.split(';')[0] ?? '';
      return { cookie, 'x-csrf-token': String(reply.json['csrf']) };
    },
    async hold(name, tool = 'update_deployment', shown = '{}') {
      const subject = await accounts.find(name);
      return approvals.request({ ...askFor(snapshot, subject, tool), shown });
    },
    async close() {
      server.close();
      server.closeAllConnections();
      await notices.close();
      await approvals.close();
      await Promise.all([directory.close(), revocations.close()]);
      await storage.close();
      await rm(folder, { recursive: true });
    },
  };
}

function askFor(snapshot: Snapshot, subject: Subject | undefined, tool: string) {
  const target = snapshot.target('models');
  if (!target || !subject) throw new Error('the test names what is not there');
  const session = { id: newId(), subject, target, client: { address: '127.0.0.1', userAgent: 'test', id: '' } };
  const command = makeCommand({ protocol: 'mcp', name: `tools/call ${tool}`, naming: 'plain', arguments: {} });
  const decision = snapshot.decide(session, command);
  if (decision.effect !== 'review') throw new Error(`the test's command is decided ${decision.effect}`);
  return { session, command, decision, shown: '{}' };
}

/** Over node:http, because fetch sends neither a Host nor an Origin of one's choice. */
function send(port: number, path: string, { method = 'GET', body, raw, headers = {}, from = '127.0.0.1' }: CallOptions): Promise<Reply> {
  const text = raw ?? (body === undefined ? undefined : JSON.stringify(body));
  const all = { host: `localhost:${port}`, ...(text === undefined ? {} : { 'content-type': 'application/json' }), ...headers };
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, method, headers: all, setHost: false, localAddress: from }, (response) => {
      response.setEncoding('utf8');
      let received = '';
      response.on('data', (chunk: string) => (received += chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text: received, json: parse(received) }));
    });
    sent.on('error', reject);
    sent.end(text);
  });
}

function parse(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}
