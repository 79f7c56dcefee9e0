import type { MaskRule } from '../../core/decision.ts';
import { SallyportError } from '../../core/error.ts';
import type { Database } from './database.ts';
import type { Server } from './server.ts';
import type { AnalysedStatement } from './sql/analysis.ts';
import type { Catalog } from './sql/catalog/catalog.ts';
import { hasTooManyNames } from './sql/namespace.ts';
import { SessionNames } from './sql/session-names.ts';
import type { Surroundings } from './understanding.ts';
import type { WireNames, WirePortal, WireStatement } from './wire-names.ts';

/** What the server knows of the session, and only it: how texts are read, which schemas count, whether there are temporary relations. */
const LEARN = `select pg_catalog.json_build_object(
  'user', session_user,
  'path', pg_catalog.array_to_json(pg_catalog.current_schemas(false)),
  'temporary', (select pg_catalog.count(*) from pg_catalog.pg_class c where c.relnamespace operator(pg_catalog.=) pg_catalog.pg_my_temp_schema()),
  'plain', pg_catalog.current_setting('standard_conforming_strings') operator(pg_catalog.=) 'on'
    and pg_catalog.current_setting('backslash_quote') operator(pg_catalog.<>) 'on'
    and pg_catalog.current_setting('transform_null_equals') operator(pg_catalog.=) 'off'
    and pg_catalog.current_setting('client_encoding') operator(pg_catalog.=) 'UTF8'
)::text`;

interface Learned {
  readonly user: string;
  readonly path: readonly string[];
  readonly temporary: number;
  readonly plain: boolean;
}

/** What names mean in one session, kept up with what runs and with what the server says. */
export class SessionState {
  readonly #database: Database;
  readonly #server: Server;
  #names = new SessionNames('', undefined);
  #plain = false;
  readonly #reported: Map<string, string>;
  #status: 'I' | 'T' | 'E' = 'I';
  /** The catalog that the path was learned under: another may have other schemas. */
  #catalog: Catalog | undefined;
  #schemaChanged = false;

  /** `reported`: what the server said of its settings so far. */
  constructor(database: Database, server: Server, reported: ReadonlyMap<string, string>) {
    this.#reported = new Map(reported);
    this.#database = database;
    this.#server = server;
  }

  async learn(): Promise<void> {
    const learned = await this.#ask();
    if (!learned) throw new SallyportError('upstream_invalid', 'the server does not tell how the session reads texts');
    this.#plain = learned.plain;
    this.#names = new SessionNames(learned.user, learned.path);
  }

  async surroundings(masks: readonly MaskRule[]): Promise<Surroundings> {
    await this.#database.grammar.ready();
    const catalog = this.#database.catalog.known ?? (await this.#database.catalog.current());
    if (this.#status !== 'E' && (catalog !== this.#catalog || this.#names.current.searchPath === undefined)) await this.#learnPath(catalog);
    const names = this.#names.current;
    const namespace = this.#readsTexts() ? names : { ...names, lexing: 'other' as const };
    return { database: this.#database, catalog, namespace, masks };
  }

  /** What nobody understood may be a name that others have just made. */
  recheck(): Promise<void> {
    return this.#database.catalog.recheck();
  }

  /** `ParameterStatus`: what the server says of its own settings. */
  parameter(name: string, value: string): void {
    // A server has a few dozen of them.
    if (this.#reported.size < 200 || this.#reported.has(name)) this.#reported.set(name, value);
  }

  get parameters(): ReadonlyMap<string, string> {
    return this.#reported;
  }

  ran(statement: AnalysedStatement | undefined, statements: WireNames<WireStatement>, portals: WireNames<WirePortal>): void {
    const changes = statement?.changes ?? [];
    this.#names.ran(changes);
    for (const change of changes) {
      if (change.kind === 'schema') this.#changed();
      // The same names as the protocol's: what was known of one of them may be of another.
      if (change.kind === 'prepare' || change.kind === 'deallocate') statements.forget(change.name);
      if (change.kind === 'declare' || change.kind === 'close') portals.forget(change.name);
    }
  }

  failed(): void {
    this.#names.failed();
  }

  ready(status: 'I' | 'T' | 'E'): void {
    this.#status = status;
    this.#names.ready(status);
    if (status !== 'I' || !this.#schemaChanged) return;
    // Others can see it now: what was read before the commit is old.
    this.#schemaChanged = false;
    this.#database.catalog.invalidate();
  }

  /** Whether nothing more may be prepared or declared. */
  get isFull(): boolean {
    return hasTooManyNames(this.#names.current);
  }

  /** A named Parse: EXECUTE can name it. */
  prepared(name: string, text: string): void {
    const reading = this.#database.grammar.parse(text);
    const statement = reading.kind === 'statements' ? reading.statements[0]?.stmt : undefined;
    if (statement) this.#names.ran([{ kind: 'prepare', name, statement }]);
  }

  deallocated(name: string): void {
    this.#names.ran([{ kind: 'deallocate', name }]);
  }

  #changed(): void {
    this.#schemaChanged = true;
    this.#database.catalog.invalidate();
  }

  #readsTexts(): boolean {
    return this.#plain && this.#reported.get('standard_conforming_strings') === 'on' && this.#reported.get('client_encoding') === 'UTF8';
  }

  /** Which schemas count changes when one is made or dropped, and after statements that reset it. */
  async #learnPath(catalog: Catalog): Promise<void> {
    await this.#server.idle();
    const learned = await this.#ask();
    if (!learned) return;
    this.#catalog = catalog;
    const { searchPath, temporary } = this.#names.current;
    const unknownTemporary = learned.temporary > 0 && temporary.size === 0;
    if (searchPath !== undefined || !unknownTemporary) this.#names.ran([{ kind: 'search-path', path: learned.path, until: 'session' }]);
  }

  async #ask(): Promise<Learned | undefined> {
    const text = await this.#server.ask(LEARN);
    // The statement above builds exactly these members.
    return text === undefined ? undefined : (JSON.parse(text) as Learned);
  }
}
