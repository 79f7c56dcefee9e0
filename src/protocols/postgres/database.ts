import type { MaskRule } from '../../core/decision.ts';
import { SallyportError } from '../../core/error.ts';
import type { Credentials } from '../../credential/credential.ts';
import type { Target } from '../../core/target.ts';
import { ByteSource } from './byte-source.ts';
import { BACKEND, Fields, type Frame } from './codec.ts';
import { errorFields } from './errors.ts';
import { query } from './messages.ts';
import { CatalogCache } from './sql/catalog/catalog-cache.ts';
import type { Catalog } from './sql/catalog/catalog.ts';
import type { Grammar } from './sql/grammar.ts';
import { compileColumnMasks, type ColumnMasks } from './sql/mask-verdict.ts';
import { StatementCache } from './sql/statement-cache.ts';
import { dial, type Upstream } from './upstream.ts';

/** A catalog of a few hundred thousand columns. */
const LONGEST_ANSWER = 256 << 20;
const ANSWER_MS = 30_000;

export interface DatabaseParts {
  readonly grammar: Grammar;
  readonly credentials?: Credentials | undefined;
}

/** What sessions on one database of one target share: what names mean in it, and what texts were found to do. */
export class Database {
  readonly grammar: Grammar;
  readonly analyses = new StatementCache();
  readonly catalog: CatalogCache;
  readonly #target: Target;
  readonly #name: string;
  readonly #masks = new WeakMap<readonly MaskRule[], { readonly catalog: Catalog; readonly masks: ColumnMasks }>();
  readonly #credentials: Credentials | undefined;
  #connection: Promise<Upstream> | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(target: Target, name: string, { grammar, credentials }: DatabaseParts) {
    this.#target = target;
    this.#name = name;
    this.grammar = grammar;
    this.#credentials = credentials;
    this.catalog = new CatalogCache((statement) => this.#inTurn(statement));
  }

  masks(rules: readonly MaskRule[], catalog: Catalog): ColumnMasks {
    const known = this.#masks.get(rules);
    if (known?.catalog === catalog) return known.masks;
    const masks = compileColumnMasks(rules, catalog);
    this.#masks.set(rules, { catalog, masks });
    return masks;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.catalog.close();
    const connection = await this.#connection?.catch(() => undefined);
    connection?.socket.destroy();
  }

  /** A statement of the gateway's own: the first cell of its first row. */
  read(statement: string): Promise<string> {
    return this.#inTurn(statement);
  }

  /** Statements of the gateway's own, in one transaction: all or none. */
  async run(statements: readonly string[]): Promise<void> {
    await this.#inTurn([...statements.map((statement) => statement.replace(/;$/, '')), `select ''`].join('; '));
  }

  /** One question after the other, each on the connection that is open, or on a new one. */
  #inTurn(statement: string): Promise<string> {
    const answer = this.#last.then(() => this.#ask(statement));
    this.#last = answer.catch(() => {});
    return answer;
  }

  async #ask(statement: string): Promise<string> {
    if (this.#closed) throw new SallyportError('upstream_unreachable', 'the gateway is closing');
    const opening =
      this.#connection ??
      dial({ target: this.#target, database: this.#name, applicationName: 'sallyport catalog', credentials: this.#credentials }).then(onlyBuiltIn);
    this.#connection = opening;
    try {
      return await askServer(await opening, statement);
    } catch (error) {
      this.#connection = undefined;
      void opening.then(({ socket }) => socket.destroy()).catch(() => {});
      throw error;
    }
  }
}

/** Our statements mean the server's own functions and operators: whoever may make others would run them as the target's credential. */
async function onlyBuiltIn(upstream: Upstream): Promise<Upstream> {
  try {
    await askServer(upstream, `select pg_catalog.set_config('search_path', 'pg_catalog', false)`);
    return upstream;
  } catch (error) {
    upstream.socket.destroy();
    throw error;
  }
}

/** Runs one statement of ours on an idle connection: the first cell of its first row. */
async function askServer({ socket }: Upstream, statement: string): Promise<string> {
  const source = new ByteSource(socket, AbortSignal.timeout(ANSWER_MS));
  socket.write(query(statement));
  let cell: string | undefined;
  for (;;) {
    const frame = await source.frame(() => LONGEST_ANSWER);
    if (frame.type === BACKEND.error)
      throw new SallyportError('upstream_unreachable', 'the server does not tell what there is', { cause: new Error(errorFields(frame).get('M')) });
    if (frame.type === BACKEND.dataRow) cell ??= firstCell(frame);
    if (frame.type === BACKEND.readyForQuery) break;
  }
  if (cell === undefined) throw new SallyportError('upstream_invalid', 'the server gives no answer');
  return cell;
}

export function firstCell(frame: Frame): string {
  const fields = new Fields(frame);
  if (fields.int16() < 1) return '';
  const length = fields.int32();
  return length < 0 ? '' : fields.bytes(length).toString();
}
