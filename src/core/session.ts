import type { Subject } from './subject.ts';
import type { Target } from './target.ts';

/** Who is on the line. `address` comes from the socket, never from a header. */
export interface Client {
  readonly address: string;
  readonly userAgent: string;
  /** What it calls itself, with its version, where the protocol lets it say so; believed by nobody. */
  readonly name?: string;
  /** OAuth client of the token; empty where the token names none. */
  readonly id: string;
}

/** One subject on one target through one client. The id is ours. */
export interface Session {
  readonly id: string;
  readonly subject: Subject;
  readonly target: Target;
  readonly client: Client;
}
