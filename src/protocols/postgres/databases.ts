import type { Credentials } from '../../credential/credential.ts';
import type { Target } from '../../core/target.ts';
import { Database } from './database.ts';
import { Grammar } from './sql/grammar.ts';

/** How long what is known of a database is kept up after its last session. */
const LINGER_MS = 30_000;

interface Kept {
  readonly target: Target;
  readonly database: Database;
  sessions: number;
  closing: NodeJS.Timeout | undefined;
}

/** Databases in use, each once for all sessions on it. */
export class Databases {
  readonly #kept = new Map<string, Kept>();
  readonly #credentials: Credentials | undefined;
  #grammar: Promise<Grammar> | undefined;

  constructor(credentials: Credentials | undefined) {
    this.#credentials = credentials;
  }

  /** Those that are in use, or were a moment ago. */
  get all(): readonly { readonly target: Target; readonly database: Database }[] {
    return [...this.#kept.values()];
  }

  /** Give it back with `leave`. */
  async enter(target: Target, name: string): Promise<Database> {
    this.#grammar ??= Grammar.load();
    const grammar = await this.#grammar;
    const key = keyOf(target, name);
    const kept = this.#kept.get(key) ?? {
      target,
      database: new Database(target, name, { grammar, credentials: this.#credentials }),
      sessions: 0,
      closing: undefined,
    };
    this.#kept.set(key, kept);
    clearTimeout(kept.closing);
    kept.sessions += 1;
    return kept.database;
  }

  leave(target: Target, name: string): void {
    const key = keyOf(target, name);
    const kept = this.#kept.get(key);
    if (!kept) return;
    kept.sessions -= 1;
    if (kept.sessions > 0) return;
    kept.closing = setTimeout(() => {
      this.#kept.delete(key);
      void kept.database.close();
    }, LINGER_MS);
    kept.closing.unref();
  }

  async close(): Promise<void> {
    for (const { closing } of this.#kept.values()) clearTimeout(closing);
    await Promise.all([...this.#kept.values()].map(({ database }) => database.close()));
    this.#kept.clear();
  }
}

/** Whatever the server could be another one by. */
const keyOf = ({ name, address, tls, credential }: Target, database: string): string => JSON.stringify([name, address, tls, credential, database]);
