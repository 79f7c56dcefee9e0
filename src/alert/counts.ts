import type { Transaction } from 'kysely';
import type { Schema } from '../storage/schema.ts';
import type { AlertRule, GroupPart } from './alert-rule.ts';
import type { Occurrence } from './occurrence.ts';

/** A window is told in so many pieces. */
const PIECES = 12;
/** Groups of one alert; whoever asks chooses names of commands and addresses, but not how many rows there are. */
const MAX_GROUPS = 1_000;
const OTHERS: readonly GroupPart[] = [];

/** What an alert is about, and how much it counts. */
export interface Met {
  readonly rule: AlertRule;
  readonly occurrence: Occurrence;
  readonly weight: number;
}

/** An alert whose threshold was reached, by this occurrence. */
export interface Raised {
  readonly rule: AlertRule;
  readonly group: readonly GroupPart[];
  readonly key: string;
  readonly count: number;
  readonly last: Occurrence;
}

interface Tally {
  readonly rule: AlertRule;
  readonly group: readonly GroupPart[];
  readonly key: string;
  /** By the beginning of each piece. */
  readonly counts: Map<number, number>;
  readonly added: Map<number, number>;
  raisedAt: number | undefined;
  raised: number;
  changed: boolean;
}

/** Counts, in one transaction, and says what has to be told: once for each group, and not again until it has cooled down. */
export class Counts {
  readonly #transaction: Transaction<Schema>;
  readonly #tallies = new Map<string, Tally>();
  /** Groups of each alert, those that begin here too. */
  readonly #groups = new Map<string, number>();

  constructor(transaction: Transaction<Schema>) {
    this.#transaction = transaction;
  }

  async add({ rule, occurrence, weight }: Met): Promise<Raised | undefined> {
    const tally = await this.#tallyOf(rule, rule.group(occurrence));
    const piece = rule.windowMs / PIECES;
    const bucket = Math.floor(occurrence.at / piece) * piece;
    tally.counts.set(bucket, (tally.counts.get(bucket) ?? 0) + weight);
    tally.added.set(bucket, (tally.added.get(bucket) ?? 0) + weight);
    const count = sumSince(tally.counts, occurrence.at - rule.windowMs, occurrence.at);
    if (count < rule.document.threshold) return undefined;
    // A clock that was set back has cooled down, too.
    if (tally.raisedAt !== undefined && Math.abs(occurrence.at - tally.raisedAt) < rule.coolDownMs) return undefined;
    tally.raisedAt = occurrence.at;
    tally.raised += 1;
    tally.changed = true;
    return { rule, group: tally.group, key: tally.key, count, last: occurrence };
  }

  async save(): Promise<void> {
    for (const { rule, key, added, raisedAt, raised, changed } of this.#tallies.values()) {
      const alert = rule.document.name;
      for (const [bucket, count] of added) {
        await this.#transaction
          .insertInto('alert_counts')
          .values({ alert, group_key: key, bucket, count })
          .onConflict((conflict) =>
            conflict.columns(['alert', 'group_key', 'bucket']).doUpdateSet((row) => ({ count: row('alert_counts.count', '+', row.ref('excluded.count')) })),
          )
          .execute();
      }
      if (!changed || raisedAt === undefined) continue;
      await this.#transaction
        .insertInto('alert_states')
        .values({ alert, group_key: key, raised_at: raisedAt, raised })
        .onConflict((conflict) => conflict.columns(['alert', 'group_key']).doUpdateSet({ raised_at: raisedAt, raised }))
        .execute();
    }
  }

  async #tallyOf(rule: AlertRule, wanted: readonly GroupPart[]): Promise<Tally> {
    const found = await this.#read(rule, wanted);
    if (found.counts.size > 0 || found.raisedAt !== undefined || wanted.length === 0 || (await this.#hasRoom(rule))) return found;
    this.#tallies.delete(`${rule.document.name}\0${found.key}`);
    return this.#read(rule, OTHERS);
  }

  async #read(rule: AlertRule, group: readonly GroupPart[]): Promise<Tally> {
    const alert = rule.document.name;
    const key = JSON.stringify(group);
    const known = this.#tallies.get(`${alert}\0${key}`);
    if (known) return known;
    const rows = await this.#transaction
      .selectFrom('alert_counts')
      .select(['bucket', 'count'])
      .where('alert', '=', alert)
      .where('group_key', '=', key)
      .execute();
    const state = await this.#transaction.selectFrom('alert_states').selectAll().where('alert', '=', alert).where('group_key', '=', key).executeTakeFirst();
    const counts = new Map(rows.map(({ bucket, count }) => [bucket, count]));
    const tally: Tally = { rule, group, key, counts, added: new Map(), raisedAt: state?.raised_at, raised: state?.raised ?? 0, changed: false };
    this.#tallies.set(`${alert}\0${key}`, tally);
    return tally;
  }

  async #hasRoom({ document: { name } }: AlertRule): Promise<boolean> {
    const known = this.#groups.get(name) ?? (await this.#countGroups(name));
    this.#groups.set(name, known + 1);
    return known < MAX_GROUPS;
  }

  async #countGroups(alert: string): Promise<number> {
    const row = await this.#transaction
      .selectFrom('alert_counts')
      .select(({ fn }) => fn.count<number>('group_key').distinct().as('groups'))
      .where('alert', '=', alert)
      .executeTakeFirstOrThrow();
    return row.groups;
  }
}

function sumSince(counts: ReadonlyMap<number, number>, since: number, until: number): number {
  let sum = 0;
  for (const [bucket, count] of counts) if (bucket > since && bucket <= until) sum += count;
  return sum;
}

/** What lies behind the window, and what nobody was told of for long. */
export async function forgetCounts(transaction: Transaction<Schema>, rules: readonly AlertRule[], now: number): Promise<void> {
  for (const { document, windowMs, coolDownMs } of rules) {
    const alert = document.name;
    await transaction
      .deleteFrom('alert_counts')
      .where('alert', '=', alert)
      .where('bucket', '<', now - 2 * windowMs)
      .execute();
    await transaction
      .deleteFrom('alert_states')
      .where('alert', '=', alert)
      .where('raised_at', '<', now - Math.max(2 * coolDownMs, REMEMBER_MS))
      .execute();
  }
}

const REMEMBER_MS = 30 * 86_400_000;
