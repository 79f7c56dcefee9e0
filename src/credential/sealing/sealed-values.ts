import { eventSubject, makeEvent, type EventKind } from '../../core/event.ts';
import { SallyportError } from '../../core/error.ts';
import { newId } from '../../core/id.ts';
import type { Recorder } from '../../core/recorder.ts';
import { subjectKey, type Subject } from '../../core/subject.ts';
import { Polling } from '../../storage/polling.ts';
import type { Storage } from '../../storage/storage.ts';
import type { KeptSecrets } from '../secret-reader.ts';
import { seal, unseal, type SealingKeys } from './seal.ts';

export interface SealedValue {
  readonly name: string;
  readonly setBy: string;
  /** `subjectKey` of who set it. */
  readonly setByKey: string;
  /** Epoch milliseconds. */
  readonly setAt: number;
}

/** Secrets by name, sealed in the database. Who may change which is the API's to say. */
export interface SealedValues extends KeptSecrets<string> {
  list(): Promise<readonly SealedValue[]>;
  find(name: string): Promise<SealedValue | undefined>;
  /** In force here when it resolves, in other processes within half a second. */
  set(name: string, value: string, by: Subject): Promise<void>;
  /** Throws `not_found`. */
  remove(name: string, by: Subject): Promise<void>;
  /** Opens each and seals it with the current key. Returns how many. */
  reseal(): Promise<number>;
  close(): Promise<void>;
}

export interface SealedValuesOptions {
  readonly storage: Storage;
  readonly recorder: Recorder;
  readonly keys: SealingKeys;
  readonly now?: () => number;
  readonly pollMs?: number;
  readonly report?: (error: unknown) => void;
}

const POLL_MS = 500;
/** With the database away, what is known is used this long and no longer. */
const USABLE_MS = 5 * 60_000;

/** Resolves when it is known which there are. */
export async function openSealedValues(options: SealedValuesOptions): Promise<SealedValues> {
  const values = new DatabaseValues(options);
  await values.refresh();
  values.start();
  return values;
}

const boundTo = (name: string): readonly string[] => ['the sealed value', name];

class DatabaseValues implements SealedValues {
  readonly #options: SealedValuesOptions;
  readonly #now: () => number;
  /** Name to version, as the database had it at the last look. */
  #versions: ReadonlyMap<string, string> = new Map();
  readonly #opened = new Map<string, { readonly version: string; readonly value: string }>();
  #lookedAt = Number.NEGATIVE_INFINITY;
  #asked = 0;
  #answered = 0;
  readonly #polling: Polling;

  constructor(options: SealedValuesOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#polling = new Polling({ look: () => this.refresh(), everyMs: options.pollMs ?? POLL_MS, report: options.report });
  }

  start(): void {
    this.#polling.start();
  }

  async read(name: string): Promise<string> {
    // A machine that slept has not looked for a while either.
    if (this.#isStale()) await this.#polling.lookAnew();
    if (this.#isStale()) throw new SallyportError('credential_missing', 'sealed values cannot be read: the database is away');
    const version = this.#versions.get(name);
    if (version === undefined) throw absent(name, 'credential_missing');
    const opened = this.#opened.get(name);
    if (opened?.version === version) return opened.value;
    return this.#open(name);
  }

  #isStale(): boolean {
    return this.#now() - this.#lookedAt > USABLE_MS;
  }

  forget(): void {
    void this.#polling.look();
  }

  async list(): Promise<readonly SealedValue[]> {
    const rows = await this.#options.storage.db.selectFrom('secrets').select(['name', 'set_by', 'set_by_key', 'set_at']).orderBy('name').execute();
    return rows.map(({ name, set_by, set_by_key, set_at }) => ({ name, setBy: set_by, setByKey: set_by_key, setAt: set_at }));
  }

  async find(name: string): Promise<SealedValue | undefined> {
    return (await this.list()).find((one) => one.name === name);
  }

  async set(name: string, value: string, by: Subject): Promise<void> {
    const row = {
      version: newId(this.#now()),
      set_by: by.name,
      set_by_key: subjectKey(by),
      set_at: this.#now(),
      ...(await seal(this.#options.keys, value, boundTo(name))),
    };
    await this.#recorded('secret.set', name, by, async (db) => {
      await db
        .insertInto('secrets')
        .values({ name, ...row })
        .onConflict((conflict) => conflict.column('name').doUpdateSet(row))
        .execute();
    });
  }

  async remove(name: string, by: Subject): Promise<void> {
    await this.#recorded('secret.removed', name, by, async (db) => {
      const { numDeletedRows } = await db.deleteFrom('secrets').where('name', '=', name).executeTakeFirst();
      if (numDeletedRows === 0n) throw absent(name, 'not_found');
    });
  }

  async reseal(): Promise<number> {
    const { storage, keys } = this.#options;
    const { id } = await keys.current();
    const rows = await storage.db.selectFrom('secrets').select(['name', 'sealed', 'key_id', 'version']).where('key_id', '!=', id).execute();
    let count = 0;
    for (const row of rows) {
      const again = await seal(keys, await unseal(keys, row, boundTo(row.name)), boundTo(row.name));
      // One that somebody set meanwhile has the new key already.
      const { numUpdatedRows } = await storage.db
        .updateTable('secrets')
        .set(again)
        .where('name', '=', row.name)
        .where('version', '=', row.version)
        .executeTakeFirst();
      count += Number(numUpdatedRows);
    }
    return count;
  }

  async close(): Promise<void> {
    await this.#polling.stop();
    this.#opened.clear();
  }

  /** Which there are, and in which version; what changed is opened when it is needed. */
  async refresh(): Promise<void> {
    const mine = (this.#asked += 1);
    const startedAt = this.#now();
    const rows = await this.#options.storage.db.selectFrom('secrets').select(['name', 'version']).execute();
    // A look that began earlier and ended later knows less.
    if (mine < this.#answered) return;
    this.#answered = mine;
    this.#lookedAt = startedAt;
    this.#versions = new Map(rows.map(({ name, version }) => [name, version]));
    for (const name of this.#opened.keys()) if (!this.#versions.has(name)) this.#opened.delete(name);
  }

  async #open(name: string): Promise<string> {
    const { storage, keys } = this.#options;
    const row = await storage.db.selectFrom('secrets').select(['sealed', 'key_id', 'version']).where('name', '=', name).executeTakeFirst();
    if (!row) throw absent(name, 'credential_missing');
    const value = await unseal(keys, row, boundTo(name));
    this.#opened.set(name, { version: row.version, value });
    return value;
  }

  /** The row and its record, or neither. */
  async #recorded(event: EventKind, name: string, by: Subject, change: (db: Storage['db']) => Promise<void>): Promise<void> {
    const { storage, recorder } = this.#options;
    await storage.db.transaction().execute(async (db) => {
      await change(db);
      await recorder.append(makeEvent(event, { subject: eventSubject(by), note: name }, new Date(this.#now())));
    });
    await this.refresh();
  }
}

function absent(name: string, code: 'credential_missing' | 'not_found'): SallyportError {
  return new SallyportError(code, `there is no sealed value ${name}`, { hint: `sallyport secrets set ${name}` });
}
