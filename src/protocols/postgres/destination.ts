import type { Startup } from './handshake.ts';

/** Whom a client says that it is, and where it wants to go. */
export interface Destination {
  readonly user: string;
  readonly target: string;
  /** As it was asked for; absent where nothing was. */
  readonly database: string | undefined;
}

/**
 * `user` with the database `target` or `target/database`, or `user@target` with any database. What clients take for the
 * database by themselves, the user's name, counts as none.
 */
export function destinationOf({ parameters }: Pick<Startup, 'parameters'>): Destination {
  const given = parameters.get('user') ?? '';
  const asked = parameters.get('database') ?? given;
  const at = given.lastIndexOf('@');
  if (at > 0) {
    const user = given.slice(0, at);
    return { user, target: given.slice(at + 1), database: asked === given || asked === '' ? undefined : asked };
  }
  const slash = asked.indexOf('/');
  if (slash < 0) return { user: given, target: asked, database: undefined };
  return { user: given, target: asked.slice(0, slash), database: asked.slice(slash + 1) };
}
