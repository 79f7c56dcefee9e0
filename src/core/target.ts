import type { CredentialSpec } from './credential-spec.ts';
import type { Quota } from './quota.ts';

/** How the line to a target is protected, where its address does not say. */
export interface TargetTls {
  /** `verify-full` checks the certificate and its name; `require` only encrypts. */
  readonly mode: 'verify-full' | 'require' | 'disable';
  /** Path of the authorities that are trusted, in PEM; absent: those of the system. */
  readonly ca?: string;
}

export interface TargetLimits {
  /** Bytes of one request. */
  readonly requestBytes: number;
  /** Bytes of one reply message. */
  readonly replyBytes: number;
  /** Nesting of JSON. */
  readonly depth: number;
  /** Milliseconds until the first byte of a reply. */
  readonly replyMs: number;
}

/** What is reached: one MCP server, one database, one host. Made from a `kind: Target` document. */
export interface Target {
  readonly name: string;
  readonly protocol: string;
  /** URL of the target; absent for a stdio server. */
  readonly address?: string;
  /** Program and arguments of a stdio server; never passed through a shell. */
  readonly command?: readonly string[];
  readonly credential?: CredentialSpec;
  /** Absent: as the protocol does by itself. */
  readonly tls?: TargetTls;
  /** Each session signs in as a role of its own, made for it; what it leaves behind goes to the heir. Absent: as the credential says. */
  readonly sessionRoles?: { readonly heir: string };
  readonly labels: Readonly<Record<string, string>>;
  readonly owners: readonly string[];
  /** `strict` awaits the record of a reply before it is released. */
  readonly audit: 'strict' | 'relaxed';
  /** How many rows of a statement are in its record, as the caller was given them. Absent: none. */
  readonly record?: { readonly rows: number };
  /** `observe` releases a reply whose masking failed, and says so in the record. */
  readonly masking: 'enforce' | 'observe';
  /** How tools first seen are taken (MCP). */
  readonly pin: 'trust-first' | 'review';
  /** What becomes of calls of tools that are merely new or changed, until somebody accepts them (MCP). Absent: `deny`. */
  readonly quarantine?: 'deny' | 'review';
  /** Arguments that the tool's schema does not declare: `allow` leaves it to the schema's own `additionalProperties`. */
  readonly extraArguments: 'refuse' | 'allow';
  /** Strings that begin with `-` where the schema names no pattern. */
  readonly leadingDash: 'refuse' | 'allow';
  /** What becomes of a call that sends a mask's placeholder back: it would overwrite the data behind it. Absent: `refuse`. */
  readonly placeholders?: 'refuse' | 'allow';
  /** Globs over names of tools that an administrator calls read-only (MCP). */
  readonly readOnlyTools?: readonly string[];
  readonly limits: TargetLimits;
  /** How long what is recorded of it is kept; milliseconds. Absent: as the configuration says. */
  readonly retentionMs?: number;
  /** How much one subject may have of it. */
  readonly quota?: Quota;
}

export const DEFAULT_LIMITS: TargetLimits = { requestBytes: 4 << 20, replyBytes: 32 << 20, depth: 256, replyMs: 300_000 };
