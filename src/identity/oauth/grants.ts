import type { Client } from '../../core/session.ts';
import type { Subject } from '../../core/subject.ts';

/**
 * A way to get a token beside those of people in a browser. `OAuthServer.addGrant` takes one; see there.
 */
export interface TokenGrant {
  /** The `grant_type` that asks for it. */
  readonly type: string;
  /** Form parameters that the handler reads, beside `resource` and `scope`. What else is sent it never sees. */
  readonly parameters: readonly string[];
  /**
   * `authenticated`: only for configured clients whose `grant_types` name this one; the server has checked their key or secret.
   * `none`: for requests that name no client, because what they bring says who they are.
   */
  readonly client: 'authenticated' | 'none';
  /** Says who gets what, or why nobody does. Expected refusals are values; what is thrown becomes `server_error`. */
  handle(request: GrantRequest): Promise<Granted | GrantRefused>;
}

export interface GrantRequest {
  readonly parameters: Readonly<Record<string, string>>;
  /** The target that `resource` names; undefined where none was sent. A resource that is no target's URL was refused before. */
  readonly target: string | undefined;
  /** The client that proved who it is; absent for grants that take none. */
  readonly client?: { readonly id: string; readonly metadata: Readonly<Record<string, unknown>> };
  /** Who is on the line, as events name it. */
  readonly line: Client;
}

/** The server checks that the policy lets the subject reach the target, records, mints and answers. */
export interface Granted {
  readonly subject: Subject;
  readonly target: string;
  /** Milliseconds; at most ten minutes count. */
  readonly ttlMs: number;
  /** Absent: the policy alone limits it. */
  readonly scope?: string;
  /** What the token says its client is, where there is no authenticated one. */
  readonly clientId?: string;
  /** Sign-ins and grants that it comes from: it ends with each of them. */
  readonly through?: readonly string[];
  /** What RFC 8693 has an exchange say of the token. */
  readonly issuedTokenType?: string;
}

export interface GrantRefused {
  readonly error:
    | 'invalid_request'
    | 'invalid_grant'
    | 'invalid_client'
    | 'invalid_target'
    | 'invalid_scope'
    | 'unauthorized_client'
    | 'temporarily_unavailable';
  /** For the caller and the record; quotes nothing secret. */
  readonly description: string;
  /** For the record alone. */
  readonly note?: string;
}

export const isRefused = (outcome: Granted | GrantRefused): outcome is GrantRefused => 'error' in outcome;
