import type { MintedLogin } from '../../credential/database-logins.ts';
import type { DatabasePort } from '../deps.ts';

export interface DatabaseLoginView {
  readonly target: string;
  readonly user: string;
  /** Told once. */
  readonly password: string;
  /** RFC 3339. */
  readonly expiresAt: string;
  readonly host: string;
  readonly port: number;
  /** Whether the port speaks TLS. */
  readonly tls: boolean;
}

export function presentDatabaseLogin({ user, password, expiresAt }: MintedLogin, target: string, { host, port, tls }: DatabasePort): DatabaseLoginView {
  return { target, user, password: password.reveal(), expiresAt: new Date(expiresAt).toISOString(), host, port, tls };
}
