import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { SallyportError } from '../../../core/error.ts';
import { Secret } from '../../../core/secret.ts';
import { makeVerifier } from '../../../credential/scram-verifier.ts';
import type { Installation } from '../../protocol.ts';
import { literal, quoted } from './quote.ts';

/** A connection to the target's database as a role that may make others. */
export interface Administration {
  /** Runs statements in one transaction: all of them or none. */
  run(statements: readonly string[]): Promise<void>;
  /** The first column of the first row, as text. */
  read(statement: string): Promise<string>;
}

export interface SessionRolesOptions {
  readonly administration: Administration;
  /** Its name tells its roles from those of another installation on the same server. */
  readonly installation: Installation;
  /** Roles that this process has open, of all targets: nobody reaps them. */
  readonly open: Set<string>;
  /** Role that keeps what a session made. */
  readonly heir: string;
  readonly now?: () => number;
  readonly random?: (size: number) => Buffer;
}

export interface SessionLogin {
  readonly user: string;
  readonly password: Secret;
}

/** There is nothing to guess in 192 random bits. */
const ITERATIONS = 4096;
/** Only signing in has to happen before this; a session that is open stays open. */
const VALID_MS = 5 * 60_000;
/** How long the server gets to end the connections of a role. */
const ENDING_MS = 10_000;

/**
 * Roles that live as long as one session: made with what its policy implies, for one connection, and removed at its end.
 * What was left over when a process died is removed by whoever reaps next.
 */
export class SessionRoles {
  readonly #options: SessionRolesOptions;
  readonly #now: () => number;
  readonly #prefix: string;

  constructor(options: SessionRolesOptions) {
    if (!/^[a-z0-9]{1,12}$/.test(options.installation.name)) throw new TypeError('the name of an installation is up to 12 of a-z0-9');
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#prefix = `sallyport_${options.installation.name}_`;
  }

  /** `grants` gives the statements for a role of that name. */
  async open(session: string, grants: (role: string) => readonly string[]): Promise<SessionLogin> {
    const { administration, installation, open, random = randomBytes } = this.#options;
    const user = this.#prefix + session.toLowerCase();
    const password = random(24).toString('base64url');
    const until = new Date(this.#now() + VALID_MS).toISOString();
    const limits = `LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS CONNECTION LIMIT 1 VALID UNTIL ${literal(until)}`;
    // From here on nobody reaps it.
    open.add(user);
    try {
      await administration.run([
        `CREATE ROLE ${quoted(user)} ${limits} PASSWORD ${literal(await verifierText(password, random(16)))}`,
        `COMMENT ON ROLE ${quoted(user)} IS ${literal(COMMENT + installation.owner)}`,
        // Ending its connections and inheriting what it made takes being a member of it.
        `GRANT ${quoted(user)} TO CURRENT_USER`,
        ...grants(user),
      ]);
    } catch (cause) {
      open.delete(user);
      throw new SallyportError('upstream_invalid', 'a role for this session could not be made on the target', {
        cause,
        hint: "the target's credential needs CREATEROLE, and the right to grant what the policy allows",
      });
    }
    return { user, password: new Secret(password) };
  }

  /** Ends its connections; what it made goes to the heir, its rights and itself go. Does nothing where it is gone. */
  async close(user: string): Promise<void> {
    if (!user.startsWith(this.#prefix)) throw new TypeError(`${user} is no role of a session`);
    try {
      await this.#remove(user);
    } finally {
      // Where it could not be removed, the next look for what is left behind finds it.
      this.#options.open.delete(user);
    }
  }

  /** Removes roles whose process is gone, and gives their names. One that cannot be removed stays for the next time. */
  async reap(report: (error: unknown) => void): Promise<readonly string[]> {
    const reaped: string[] = [];
    const { installation, open } = this.#options;
    for (const { name, owner } of await this.#left()) {
      if (open.has(name) || (owner !== installation.owner && (await installation.isAlive(owner)))) continue;
      try {
        await this.close(name);
        reaped.push(name);
      } catch (error) {
        report(error);
      }
    }
    return reaped;
  }

  async #remove(user: string): Promise<void> {
    const { administration, heir } = this.#options;
    const role = quoted(user);
    if ((await administration.read(`select count(*) from pg_catalog.pg_roles where rolname = ${literal(user)}`)) === '0') return;
    await administration.run([`ALTER ROLE ${role} NOLOGIN`]);
    await this.#endConnections(user);
    await administration.run([`REASSIGN OWNED BY ${role} TO ${quoted(heir)}`, `DROP OWNED BY ${role}`, `DROP ROLE ${role}`]);
  }

  async #left(): Promise<readonly { readonly name: string; readonly owner: string }[]> {
    const pattern = `${this.#prefix.replaceAll('_', String.raw`\_`)}%`;
    const text = await this.#options.administration.read(
      `select coalesce(json_agg(json_build_object('name', rolname, 'owner', coalesce(pg_catalog.shobj_description(oid, 'pg_authid'), ''))), '[]')::text
       from pg_catalog.pg_roles where rolname like ${literal(pattern)}`,
    );
    // The statement builds exactly these members.
    const rows = JSON.parse(text) as readonly { readonly name: string; readonly owner: string }[];
    return rows.filter(({ owner }) => owner.startsWith(COMMENT)).map(({ name, owner }) => ({ name, owner: owner.slice(COMMENT.length) }));
  }

  async #endConnections(user: string): Promise<void> {
    const { administration } = this.#options;
    const deadline = this.#now() + ENDING_MS;
    for (;;) {
      const open = await administration.read(
        `select count(pg_catalog.pg_terminate_backend(pid)) from pg_catalog.pg_stat_activity where usename = ${literal(user)}`,
      );
      if (open === '0') return;
      if (this.#now() > deadline) throw new SallyportError('upstream_timeout', `the connections of ${user} do not end`);
      await sleep(20);
    }
  }
}

const COMMENT = 'Sallyport: one session of ';

/** As the server stores it: the password itself is in no statement, and so in no log of the server. */
async function verifierText(password: string, salt: Buffer): Promise<string> {
  const { iterations, storedKey, serverKey } = await makeVerifier(password, salt, ITERATIONS);
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${storedKey.toString('base64')}:${serverKey.toString('base64')}`;
}
