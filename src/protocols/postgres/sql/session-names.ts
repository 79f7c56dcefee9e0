import { afterChange, namesLost, openNamespace, type Change, type Namespace } from './namespace.ts';

/**
 * What names mean in one session, followed through its transactions. The side that relays tells it what ran, what failed and
 * what the server says after each round (`ReadyForQuery`).
 */
export class SessionNames {
  #names: Namespace;
  /** As they were when the transaction began; undefined outside of one. */
  #start: Namespace | undefined;
  /** Search path to go back to when the transaction ends. */
  #local: { readonly path: readonly string[] | undefined } | undefined;
  readonly #untilCommit = new Set<string>();
  #ended: 'commit' | 'rollback' = 'commit';

  /** `searchPath` as the server resolves it: `current_schemas(false)`. */
  constructor(user: string, searchPath: readonly string[] | undefined) {
    this.#names = openNamespace(user, searchPath);
  }

  get current(): Namespace {
    return this.#names;
  }

  /** A statement completed. */
  ran(changes: readonly Change[]): void {
    this.#start ??= this.#names;
    for (const change of changes) this.#apply(change);
  }

  /** A statement failed: its transaction, or the round where there is none, is rolled back. */
  failed(): void {
    this.#start ??= this.#names;
    this.#ended = 'rollback';
  }

  /** The round is over. In a transaction (`T`, or `E` when it failed) nothing is settled yet. */
  ready(status: 'I' | 'T' | 'E'): void {
    if (status === 'E') return;
    if (status === 'T') this.#ended = 'commit';
    else this.#settle();
  }

  #apply(change: Change): void {
    if (change.kind === 'search-path' && change.until === 'transaction') this.#local ??= { path: this.#names.searchPath };
    if (change.kind === 'search-path' && change.until === 'session') this.#local = undefined;
    if (change.kind === 'temporary' && change.until === 'transaction') this.#untilCommit.add(change.relation.name);
    if (change.kind === 'rollback') this.#rolledBack();
    else this.#names = afterChange(this.#names, change);
  }

  /** The whole transaction, or back to a savepoint: until the server says which, what it changed is not relied on. */
  #rolledBack(): void {
    this.#ended = 'rollback';
    const { searchPath, temporary } = this.#start ?? this.#names;
    if (searchPath !== this.#names.searchPath || temporary !== this.#names.temporary) this.#names = namesLost(this.#names);
  }

  #settle(): void {
    const start = this.#start;
    // Most rounds change no names.
    if (start !== this.#names || this.#local || this.#untilCommit.size > 0) this.#settleChanges(start);
    this.#start = undefined;
    this.#ended = 'commit';
  }

  #settleChanges(start: Namespace | undefined): void {
    // Prepared statements outlive a rollback; what else the transaction changed does not.
    if (start && this.#ended === 'rollback') this.#names = { ...start, prepared: this.#names.prepared };
    else this.#names = this.#committed();
    this.#local = undefined;
    this.#untilCommit.clear();
  }

  #committed(): Namespace {
    const { temporary, ...names } = this.#names;
    const kept = this.#untilCommit.size === 0 ? temporary : new Map([...temporary].filter(([name]) => !this.#untilCommit.has(name)));
    return { ...names, temporary: kept, ...(this.#local ? { searchPath: this.#local.path } : {}) };
  }
}
