import type { Command } from '../../../core/command.ts';
import type { Session } from '../../../core/session.ts';
import type { Target } from '../../../core/target.ts';
import type { Installation } from '../../protocol.ts';
import type { Database } from '../database.ts';
import { grantScript, grantStatements } from './grants.ts';
import { impliedPrivileges, type ImpliedPrivileges } from './implied.ts';
import { readSerials } from './serials.ts';
import { SessionRoles, type SessionLogin } from './session-roles.ts';

type May = (command: Command) => boolean;

/** The least that a role needs in a database for what the policy could let through. */
async function impliedIn(database: Database, may: May): Promise<ImpliedPrivileges> {
  const catalog = await database.catalog.current();
  const serials = await readSerials((statement) => database.read(statement));
  return impliedPrivileges({ catalog, grammar: database.grammar, serials, may });
}

export async function grantsFor(database: Database, role: string, may: May): Promise<string> {
  const implied = await impliedIn(database, may);
  return grantScript(implied, role, await database.catalog.current());
}

/** Roles for sessions on targets that have them, and their end. */
export class TargetRoles {
  readonly #installation: Installation;
  readonly #open = new Set<string>();

  constructor(installation: Installation) {
    this.#installation = installation;
  }

  /** Undefined where the target's own credential signs in. */
  async open({ id, target }: Session, database: Database, may: May): Promise<SessionLogin | undefined> {
    const roles = this.#rolesOn(target, database);
    if (!roles) return undefined;
    const [implied, catalog] = [await impliedIn(database, may), await database.catalog.current()];
    return roles.open(id, (role) => grantStatements(implied, role, catalog));
  }

  async close(target: Target, database: Database, user: string): Promise<void> {
    await this.#rolesOn(target, database)?.close(user);
  }

  /** What processes that are gone left behind. */
  async reap(target: Target, database: Database, report: (error: unknown) => void): Promise<void> {
    await this.#rolesOn(target, database)?.reap(report);
  }

  #rolesOn({ sessionRoles }: Target, database: Database): SessionRoles | undefined {
    return sessionRoles && new SessionRoles({ administration: database, installation: this.#installation, heir: sessionRoles.heir, open: this.#open });
  }
}
