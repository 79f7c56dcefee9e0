import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Credentials } from '../credential/credential.ts';
import type { Authenticator } from '../identity/authenticate.ts';
import type { Command } from '../core/command.ts';
import type { MaskRule } from '../core/decision.ts';
import type { Definitions } from '../core/definitions.ts';
import type { Gate } from '../core/gate.ts';
import type { Secret } from '../core/secret.ts';
import type { Session } from '../core/session.ts';
import type { Observer } from '../core/steps.ts';
import type { Subject } from '../core/subject.ts';
import type { Target } from '../core/target.ts';
import type { ClientAddress } from '../network/client-address.ts';
import type { DatabaseLogins } from '../credential/database-logins.ts';
import type { SupposedCommand } from '../policy/supposed.ts';

/** What a protocol may ask of the policy beside decisions. */
export interface Reach {
  target(name: string): Target | undefined;
  mayReach(subject: Subject, target: string): boolean;
  /** Whether people may be asked about something of the subject's on the target. */
  mayHold(subject: Subject, target: string): boolean;
  mayList(session: Session, command: Command): boolean;
  masksFor(subject: Subject, target: string): readonly MaskRule[];
}

/** Hears of the servers that the gateway runs itself. */
export interface ServerWatch {
  started(target: string): void;
  /** It was not told to end. `lines` are the last that it wrote to stderr, without the target's credential and masked as its replies are. */
  died(target: string, how: string, lines: readonly string[]): void;
}

/** What the gateway gives every protocol. */
export interface ProtocolDeps {
  readonly gate: Gate;
  /** The policy of this moment. */
  reach(): Reach;
  readonly authenticator: Authenticator;
  /** What clients type: the base of every endpoint. */
  readonly url: string;
  /** From where a request comes; absent: from where its connection does. */
  readonly clientAddress?: ClientAddress;
  /** What clients are told to ask for; absent: nothing, their issuer knows. */
  readonly scope?: string;
  /** Which definitions of tools may be relied on; absent: remembered until the gateway ends. */
  readonly pins?: Definitions;
  /** Who measures; absent: nobody. */
  readonly observer?: Observer;
  readonly servers?: ServerWatch;
  /** What opens targets; absent: secrets of the environment and of files. */
  readonly credentials?: Credentials;
  /** 32 bytes, the same for every process of one installation. */
  readonly sessionKey: Uint8Array;
}

/** A protocol whose endpoints are paths of the gateway's HTTP listener. Host and Origin were checked before. */
export interface HttpEndpoint {
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
  /** Ends sessions and child processes. */
  close(): Promise<void>;
}

interface SpokenProtocol {
  readonly name: string;
  /** The command that rules know by a name, for questions about the policy. */
  suppose(supposed: SupposedCommand): Command;
  /** The command that was recorded under a name, with its request as far as that was kept. */
  recall(name: string, request: string | undefined): Command | undefined;
}

/** Spoken over the gateway's HTTP listener. */
export interface HttpProtocol extends SpokenProtocol {
  /** First segment of its paths: `/mcp/<target>`. */
  readonly path: string;
  open(deps: ProtocolDeps): HttpEndpoint;
}

/** This gateway among others. */
export interface Installation {
  /** Of all gateways that share a database: up to 12 of `a-z0-9`. */
  readonly name: string;
  /** This process. */
  readonly owner: string;
  /** Whether another process of this installation still runs. */
  isAlive(owner: string): Promise<boolean>;
}

/** What a protocol with a port of its own is given beside. */
export interface SocketDeps extends ProtocolDeps {
  readonly installation: Installation;
  /** Hears what went wrong outside any session. */
  readonly report: (error: unknown) => void;
  /** Names and passwords of those whose clients take no tokens. */
  readonly logins: DatabaseLogins;
  /** 32 bytes: what equal values are masked alike by. */
  readonly maskingKey: Uint8Array;
}

/** PEM: the gateway's certificate, with what leads to its authority, and the key. */
export interface ServerTls {
  readonly certificate: string;
  readonly key: Secret;
}

export interface RightsOptions {
  readonly role: string;
  /** Where the target's address names none. */
  readonly database: string | undefined;
  /** Whether the policy could let it through. */
  readonly may: (command: Command) => boolean;
}

export interface SocketListener {
  /** As it came to be where 0 was asked for. */
  readonly port: number;
  /** What the target's own rights would have to be for the policy to hold without the gateway, in the target's own language. */
  rights?(target: Target, options: RightsOptions): Promise<string>;
  /** Ends all sessions, and waits for them. */
  close(): Promise<void>;
}

/** Spoken on a port of its own, which `listen.<name>` of the configuration sets. */
export interface SocketProtocol extends SpokenProtocol {
  /** Throws `config_invalid` where it cannot listen there. */
  listen(deps: SocketDeps, address: { readonly host: string; readonly port: number }, tls: ServerTls | undefined): Promise<SocketListener>;
}

export type Protocol = HttpProtocol | SocketProtocol;
