import type { Subject } from './subject.ts';
import type { Target } from './target.ts';

/** Who is on the line. `address` comes from the connection, and from a header only where a trusted proxy is at its other end. */
export interface Client {
  readonly address: string;
  readonly userAgent: string;
  /** What it calls itself, with its version, where the protocol lets it say so; believed by nobody. */
  readonly name?: string;
  /** OAuth client of the token; empty where the token names none. */
  readonly id: string;
}

/** What a caller's token was issued through, and when: what ends one of them, or the subject since, ends what the token opened. */
export interface Issued {
  /** Epoch milliseconds. */
  readonly at: number;
  /** Ids of a sign-in and of a grant. */
  readonly through: readonly string[];
}

/** One subject on one target through one client. The id is ours. */
export interface Session {
  readonly id: string;
  readonly subject: Subject;
  readonly target: Target;
  readonly client: Client;
  /** Absent where no token was shown: then only locks end it. */
  readonly issued?: Issued;
  /** Its subject was read once, for all its commands, so that it ends where its subject changes; absent: each command has a session as of then. */
  readonly keepsSubject?: boolean;
}
