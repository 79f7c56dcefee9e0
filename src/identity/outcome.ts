import type { Issued } from '../core/session.ts';
import type { Subject } from '../core/subject.ts';

export interface Authenticated {
  readonly subject: Subject;
  /** The OAuth client of the token; empty where it names none. */
  readonly clientId: string;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
  /** What it was issued through, and when. */
  readonly issued: Issued;
  /** SHA-256 of the token, hex: may be kept and recorded where the token may not. */
  readonly tokenHash: string;
  /** What its client was granted; absent: whatever the policy allows its subject. */
  readonly scope?: string;
}

export interface Unauthenticated {
  /** `unavailable`: the issuer's keys cannot be read, so nobody knows; all others are the caller's to mend. */
  readonly code: 'missing' | 'invalid' | 'expired' | 'audience' | 'unavailable';
  /** Safe for the caller: quotes nothing from the token. */
  readonly reason: string;
  /** How the token would have to be sent: it is bound to a key (RFC 9449). Absent: as any bearer token. */
  readonly scheme?: 'DPoP';
}

export function isAuthenticated(result: Authenticated | Unauthenticated): result is Authenticated {
  return 'subject' in result;
}

export const refusal = (code: Unauthenticated['code'], reason: string): Unauthenticated => ({ code, reason });
