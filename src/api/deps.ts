import type { HttpBindings } from '@hono/node-server';
import type { Alerts } from '../alert/alerts.ts';
import type { AccessReviews } from '../approval/access-reviews.ts';
import type { ApprovalService } from '../approval/approvals.ts';
import type { Holds } from '../audit/holds.ts';
import type { EventFeed } from '../audit/event-feed.ts';
import type { ExportedEvent } from '../audit/export/exported-event.ts';
import type { SearchFilter, SearchScope } from '../audit/search/query.ts';
import type { SearchOptions, SearchPage } from '../audit/search/search-events.ts';
import type { SessionSummary } from '../audit/session-summary.ts';
import type { SessionPage } from '../audit/sessions.ts';
import type { SinkStatus } from '../audit/sinks/status.ts';
import type { Event } from '../core/event.ts';
import type { DatabaseLogins } from '../credential/database-logins.ts';
import type { LockWatch } from '../core/lock.ts';
import type { Recorder } from '../core/recorder.ts';
import type { Subject } from '../core/subject.ts';
import type { Target } from '../core/target.ts';
import type { ConnectFlow } from '../credential/connections/connect-flow.ts';
import type { Connections } from '../credential/connections/connections.ts';
import type { SealedValues } from '../credential/sealing/sealed-values.ts';
import type { Accounts } from '../identity/accounts.ts';
import type { Authenticator } from '../identity/authenticate.ts';
import type { Directory } from '../identity/directory.ts';
import type { HostCheck } from '../identity/host.ts';
import type { Passkeys } from '../identity/passkeys.ts';
import type { RedirectProvider, SignInProvider } from '../identity/sign-in-provider.ts';
import type { OAuthServer } from '../identity/oauth/server.ts';
import type { Scim } from '../identity/scim/scim.ts';
import type { SignIns } from '../identity/sign-ins.ts';
import type { SigningKeys } from '../identity/signing-keys.ts';
import type { Locks } from '../lock/locks.ts';
import type { ClientAddress } from '../network/client-address.ts';
import type { Notices } from '../notice/notices.ts';
import type { ResourceText } from '../policy/resource-files.ts';
import type { PastCommand } from '../policy/simulate.ts';
import type { Snapshot } from '../policy/snapshot.ts';
import type { RightsOptions } from '../protocols/protocol.ts';
import type { ToolPins } from '../protocols/mcp/pins/tool-pins.ts';
import type { Spend } from '../storage/spend.ts';

/** What the routes need; wired once by the gateway. */
export interface ApiDeps {
  /** URL of the gateway, without a trailing slash. */
  readonly url: string;
  readonly hosts: HostCheck;
  readonly clientAddress: ClientAddress;
  /** Configured issuers, as protected resource metadata names them. */
  readonly issuers: readonly string[];
  readonly accounts: Accounts;
  readonly signIns: SignIns;
  /** Providers that people sign in with; absent: there are only local accounts. */
  readonly doors?: Doors;
  /** Second factors of local accounts; absent: there are none. */
  readonly passkeys?: Passkeys;
  /** Whether the sign-in page asks for names and passwords; absent: it does. */
  readonly localSignIn?: boolean;
  readonly keys: SigningKeys;
  readonly approvals: ApprovalService;
  readonly recordings: Recordings;
  /** Who may read all of the record: `group:x`, `person:x`. Absent: nobody. */
  readonly auditors?: readonly string[];
  /** Searching, following and exporting what is recorded; without it there is none of that. */
  readonly auditLog?: AuditLog;
  readonly pins: ToolPins;
  readonly recorder: Recorder;
  /** Names and passwords for databases; absent: no database is reached through here. */
  readonly databases?: DatabaseAccess;
  /** Break-glass access that has to be looked at. */
  readonly reviews?: AccessReviews;
  /** Reads access tokens, for callers that have no sign-in. */
  readonly authenticator?: Authenticator;
  /** What people are told of; absent: of nothing. */
  readonly alerts?: Alerts;
  /** Who and what is locked; absent: nothing ever is. */
  readonly locks?: Locks;
  /** Hears of whatever may end a stream: locks, sign-ins that ended, subjects that changed. Absent: streams look by themselves. */
  readonly watch?: Pick<LockWatch, 'onChange'>;
  /** The OAuth server for MCP clients; absent: tokens come from elsewhere. */
  readonly oauth?: OAuthServer;
  /** Providers that keep their people and groups here; absent: none does. */
  readonly scim?: Scim;
  /** Sealed values, connected accounts, and the keys that sign identities; absent: there are none. */
  readonly upstream?: UpstreamDeps;
  /** Legal holds. */
  readonly holds?: Holds;
  /** Links and hooks by which people answer from elsewhere; without it there are none. */
  readonly notices?: Pick<Notices, 'links' | 'slack'>;
  /** Every decision on a command since then (epoch milliseconds) on these targets. */
  pastCommands(since: number, targets: ReadonlySet<string>): AsyncIterable<PastCommand>;
  /** A policy that is not in force, from its resources. Throws `resources_invalid`. */
  compile(texts: readonly ResourceText[]): Snapshot;
  /** The policy as it is now. */
  snapshot(): Snapshot;
  /** Folder of the built console; without it only the API is served. */
  readonly consoleFolder?: string;
  /** Hears what callers are not told: errors that are the gateway's own. */
  readonly report?: (error: unknown) => void;
  readonly now?: () => number;
}

export interface Doors {
  readonly directory: Pick<Directory, 'signedIn'>;
  readonly providers: readonly (SignInProvider | RedirectProvider)[];
  /** 32 bytes, the same for every process: seals what a browser keeps of a sign-in that it began. */
  readonly key: Uint8Array;
  readonly spend: Spend;
}

/** What opens targets, as far as people and targets see of it. */
export interface UpstreamDeps {
  readonly values: SealedValues;
  /** Makes a new key and seals everything with it, or with the one that is configured now. Returns how many rows, and the key's id. */
  rotateKey(): Promise<{ readonly sealed: number; readonly key: string }>;
  readonly connections: Connections;
  readonly flow: ConnectFlow;
  /** Public keys of what is said of subjects to targets. */
  identityKeys(): Promise<readonly object[]>;
}

export interface RecordedEvent {
  readonly event: Event;
  readonly bodies: readonly { readonly name: string; readonly contentType: string; readonly text: string }[];
}

/** What the API asks of the record: the index for lists, the journal for what was said. */
export interface Recordings {
  /** Newest first: the subject's own and those on the targets; `cursor` is the `next` of the page before. */
  list(filter: SessionFilter): Promise<SessionPage>;
  /** What the index knows of a session, whichever process recorded it. */
  find?(id: string): Promise<SessionSummary | undefined>;
  /** Undefined where there is no such session. */
  read(id: string): Promise<{ readonly session: SessionSummary; readonly events: readonly RecordedEvent[] } | undefined>;
  /** Erases what a closed session said. Throws `conflict` where a legal hold keeps it. */
  erase?(id: string, reason: string, by: Subject): Promise<void>;
  /** Checks the whole log; the report is JSON. */
  verify(): Promise<object>;
  /** How far each place where the record goes has it. */
  sinks(): Promise<readonly SinkStatus[]>;
}

/** Where clients of a database come in. */
export interface DatabasePort {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
}

export interface DatabaseAccess {
  readonly logins: Pick<DatabaseLogins, 'mint'>;
  /** By protocol. */
  readonly ports: ReadonlyMap<string, DatabasePort>;
  /** See `SocketListener.rights`; undefined where the protocol has no such thing. */
  rights(target: Target, options: RightsOptions): Promise<string> | undefined;
}

/** The whole record, event by event. */
export interface AuditLog {
  /** `behind`: what was recorded last is not found yet. */
  search(options: SearchOptions): Promise<SearchPage & { readonly behind: boolean }>;
  readonly feed: EventFeed;
  /** The oldest first. Throws `storage_failed` where what was recorded until now cannot be found yet: an export leaves nothing out. */
  export(asked: ExportRequest): AsyncIterable<readonly ExportedEvent[]>;
}

export interface ExportRequest {
  readonly filter: SearchFilter;
  readonly scope: SearchScope;
  /** With what was said, masked. */
  readonly content: boolean;
}

export interface SessionFilter {
  readonly subject: Subject;
  /** `all`: every session, whoever's it is. */
  readonly targets: readonly string[] | 'all';
  readonly cursor?: string;
  readonly limit: number;
}

/** Who calls: signed in by cookie (a browser) or by a token of the CLI. */
export interface Caller {
  readonly subject: Subject;
  readonly csrf: string;
  readonly signIn: string;
  readonly expiresAt: number;
  readonly secret: string;
}

/** Bindings come from the Node server; the address is set before any route, the caller by `requireCaller`. */
export interface ApiEnv {
  Bindings: HttpBindings;
  Variables: { caller: Caller; address: string };
}
