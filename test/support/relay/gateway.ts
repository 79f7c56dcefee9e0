/**
 * The parts of a gateway that the MCP relay stands on, wired as `src/gateway/` wires them and all of them real: journal,
 * database, approvals, policy, tokens, listener. A test holds the ends: it sees what is recorded, answers approvals,
 * changes the policy and shortens the times.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openApprovals, type ApprovalService } from '../../../src/approval/approvals.ts';
import { openJournal } from '../../../src/audit/open-journal.ts';
import type { Event } from '../../../src/core/event.ts';
import type { Body, Recorder } from '../../../src/core/recorder.ts';
import type { Subject } from '../../../src/core/subject.ts';
import { storedDayBook } from '../../../src/gateway/day-book.ts';
import { createGate } from '../../../src/gateway/gate.ts';
import { listen as listenGateway } from '../../../src/gateway/http-server.ts';
import { QuotaCounter } from '../../../src/gateway/quotas.ts';
import { installationKey } from '../../../src/gateway/installation-keys.ts';
import { createAuthenticator } from '../../../src/identity/authenticate.ts';
import { createHostCheck } from '../../../src/identity/host.ts';
import { mintToken } from '../../../src/identity/mint.ts';
import { openSigningKeys, type SigningKeys } from '../../../src/identity/signing-keys.ts';
import type { Analyzer } from '../../../src/masking/analyzer.ts';
import { createKindSearch } from '../../../src/masking/detect-kinds.ts';
import { parseResources } from '../../../src/policy/resources.ts';
import { compilePolicy, type Snapshot } from '../../../src/policy/snapshot.ts';
import type { KnownClients } from '../../../src/protocols/mcp/clients.ts';
import { createMcp } from '../../../src/protocols/mcp/index.ts';
import { storedPins } from '../../../src/protocols/mcp/pins/pin-store.ts';
import { ToolPins } from '../../../src/protocols/mcp/pins/tool-pins.ts';
import type { Times } from '../../../src/protocols/mcp/times.ts';
import { openStorage } from '../../../src/storage/storage.ts';
import { listen } from '../listen.ts';
import { until } from '../until.ts';

export interface Recorded {
  readonly event: Event;
  readonly bodies: readonly { readonly name: Body['name']; readonly text: string }[];
}

export interface Relay {
  endpoint(target?: string): string;
  /** A token of this gateway for a person, by name and groups (`staff` where absent). */
  token(name: string, options?: { readonly groups?: readonly string[]; readonly ttlMs?: number; readonly target?: string }): Promise<string>;
  readonly approvals: ApprovalService;
  /** What was recorded, oldest first, over all restarts. */
  readonly recorded: readonly Recorded[];
  events(kind: Event['kind']): readonly Event[];
  readonly pins: ToolPins;
  /** Accepts, as an owner, every definition that waits for one. */
  acceptTools(target?: string): Promise<void>;
  /** The one pending approval, as soon as there is one. */
  pending(): Promise<string>;
  setResources(resources: readonly object[]): void;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export interface RelayOptions {
  readonly resources: readonly object[];
  readonly analyzer?: Analyzer;
  readonly times?: Partial<Times>;
  readonly clients?: KnownClients;
}

const person = (name: string, groups: readonly string[] = ['staff']): Subject => ({ kind: 'person', id: name, name, groups, issuer: 'local' });

export async function startRelay({ resources, times, analyzer, clients }: RelayOptions): Promise<Relay> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-relay-'));
  const probe = await listen(createServer());
  await probe.close();
  const site: Site = {
    folder,
    port: probe.port,
    url: `http://127.0.0.1:${probe.port}`,
    recorded: [],
    snapshot: snapshotOf(resources),
    ...(times ? { times } : {}),
    ...(clients ? { clients } : {}),
    ...(analyzer ? { analyzer } : {}),
  };
  let parts = await open(site);
  return {
    endpoint: (target = 'bench') => `${site.url}/mcp/${target}`,
    async token(name, { groups, ttlMs = 600_000, target = 'bench' } = {}) {
      const subject = person(name, groups);
      return (await mintToken({ keys: parts.signing, subject, target, url: site.url, ttlMs, clientId: 'test' })).token;
    },
    get pins() {
      return parts.pins;
    },
    get approvals() {
      return parts.approvals;
    },
    async acceptTools(target = 'bench') {
      const found = site.snapshot.target(target);
      const waiting = found ? await parts.pins.list(found) : [];
      for (const { name, hash, status } of waiting) if (found && status === 'quarantined') await parts.pins.answer(found, { name, hash }, 'accept', LEAD);
    },
    recorded: site.recorded,
    events: (kind) => site.recorded.map(({ event }) => event).filter((event) => event.kind === kind),
    pending: () => until('a pending approval', async () => (await parts.approvals.list({ status: 'pending', viewer: LEAD }))[0]?.id),
    setResources(next) {
      site.snapshot = snapshotOf(next);
    },
    async restart() {
      await parts.close();
      parts = await open(site);
    },
    async stop() {
      await parts.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Who approves in these tests. */
export const LEAD = person('lead', ['leads']);

interface Site {
  readonly folder: string;
  readonly port: number;
  readonly url: string;
  readonly recorded: Recorded[];
  readonly times?: Partial<Times>;
  readonly analyzer?: Analyzer;
  readonly clients?: KnownClients;
  snapshot: Snapshot;
}

interface Parts {
  readonly approvals: ApprovalService;
  readonly pins: ToolPins;
  readonly signing: SigningKeys;
  close(): Promise<void>;
}

async function open(site: Site): Promise<Parts> {
  const keys = join(site.folder, 'keys');
  const journal = await openJournal({ folder: join(site.folder, 'journal'), keysFolder: keys });
  const recorder = heard(journal, site.recorded);
  const storage = await openStorage({ url: join(site.folder, 'sallyport.db') });
  const approvals = await openApprovals({ storage, recorder, key: await installationKey(keys, 'approval'), owner: 'test' });
  const signing = await openSigningKeys(join(keys, 'signing'));
  const snapshot = (): Snapshot => site.snapshot;
  const gate = createGate({
    snapshot,
    approvals,
    recorder,
    quotas: new QuotaCounter(storedDayBook(storage)),
    maskingKey: await installationKey(keys, 'masking'),
    ...(site.analyzer ? { analyzer: site.analyzer } : {}),
  });
  const authenticator = createAuthenticator({ issuers: [], own: signing, url: site.url });
  const pins = new ToolPins(storedPins(storage), recorder);
  const mcp = createMcp(
    { gate, reach: snapshot, authenticator, url: site.url, pins, sessionKey: await installationKey(keys, 'session') },
    site.times,
    site.clients,
  );
  const routes = { hosts: createHostCheck(site.url, site.port), protocols: new Map([['mcp', mcp.handle]]), rest: () => {}, onError: () => {} };
  const listener = await listenGateway({ host: '127.0.0.1', port: site.port }, routes);
  return {
    approvals,
    pins,
    signing,
    async close() {
      await listener.close();
      await mcp.close();
      await approvals.close();
      await storage.close();
      await journal.close();
    },
  };
}

function snapshotOf(resources: readonly object[]): Snapshot {
  return compilePolicy(
    parseResources([{ file: 'test.yaml', text: resources.map((each) => JSON.stringify(each)).join('\n---\n') }], { detect: createKindSearch }),
  );
}

function heard(journal: Recorder, recorded: Recorded[]): Recorder {
  return {
    async append(event, bodies = []) {
      await journal.append(event, bodies);
      recorded.push({ event, bodies: bodies.map(({ name, bytes }) => ({ name, text: Buffer.from(bytes).toString() })) });
    },
  };
}

/** A target `bench` at this address and a policy for it whose rules are for everybody. */
export function bench(address: string, rules: readonly object[], target: object = {}, policy: object = {}): object[] {
  const named = rules.map((rule, index) => ({ name: `rule-${index + 1}`, ...rule }));
  return [
    { kind: 'Target', name: 'bench', protocol: 'mcp', ...(address === '' ? {} : { address }), owners: ['group:leads'], ...target },
    { kind: 'Policy', name: 'bench', targets: ['bench'], rules: named, ...policy },
  ];
}
