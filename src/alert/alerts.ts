/**
 * Alerts tell people when something happens, or happens too often. This folder owns how the record is read for that, what is counted,
 * and when it is told again; the gateway feeds it behind the hot path, as a sink of the journal, and the API shows how alerts stand. It must
 * not know how people are told (`notice` queues the messages), and nothing waits for it.
 */
import { sql, type Transaction } from 'kysely';
import { SallyportError } from '../core/error.ts';
import type { Positions } from '../audit/sinks/positions.ts';
import { SENT, type Sink, type SinkBatch } from '../audit/sinks/sink.ts';
import { newId } from '../core/id.ts';
import type { Target } from '../core/target.ts';
import type { AlertDocument } from '../policy/alert-schema.ts';
import type { Schema } from '../storage/schema.ts';
import type { Storage } from '../storage/storage.ts';
import { AlertPositions } from './alert-positions.ts';
import { compileAlert, type AlertRule } from './alert-rule.ts';
import { alertText, type AlertText, type AlertTextParts } from './alert-text.ts';
import { Counts, forgetCounts, type Met, type Raised } from './counts.ts';
import { occurrencesIn, type Occurrence } from './occurrence.ts';

/** `id`: the same for the same alert, however often it is raised. */
export type QueuedAlert = AlertText & { readonly id: string; readonly to: readonly string[] };

export interface AlertOptions extends AlertTextParts {
  readonly storage: Storage;
  /** The alerts of this moment, and the targets that they may name by labels. */
  resources(): { readonly alerts: readonly AlertDocument[]; readonly targets: readonly Target[] };
  /** Puts the messages by which an alert is told where they are sent from, within this transaction; how many they are. */
  queue(transaction: Transaction<Schema>, alert: QueuedAlert): Promise<number>;
  /** There is something new there. */
  onQueued(): void;
  /** Hears of each alert that is raised. */
  onRaised?(raised: { readonly name: string; readonly severity: string; readonly title: string }): void;
  readonly now?: () => number;
}

/** How one alert stands. Times are RFC 3339. */
export interface AlertState {
  readonly name: string;
  readonly severity: AlertDocument['severity'];
  readonly events: AlertDocument['events'];
  readonly threshold: number;
  readonly window: string;
  readonly to: readonly string[];
  /** Groups that it was raised for, the latest first; at most twenty. */
  readonly raised: readonly { readonly group: Readonly<Record<string, string>>; readonly at: string; readonly times: number }[];
}

export interface Alerts {
  /** Takes the record; what it has taken before is counted once. */
  readonly sink: Sink;
  /** How far it has. */
  readonly positions: Positions;
  /** Takes what is in no record: a sink that lags. */
  take(occurrences: readonly Occurrence[]): Promise<void>;
  list(): Promise<readonly AlertState[]>;
  /** Tells everybody whom the alert tells, that it is a test; how many messages that are. Throws `not_found`. */
  test(name: string, by: string): Promise<number>;
}

const SINK = 'alerts';
const FORGET_EVERY_MS = 3_600_000;
/** Any number but those of the migrations: replicas on one PostgreSQL count one after the other. */
const LOCK = 7_600_002;
const SHOWN_GROUPS = 20;

export async function openAlerts(options: AlertOptions): Promise<Alerts> {
  const { storage, resources, queue, onQueued, onRaised = () => {}, now = Date.now } = options;
  let compiled: { readonly of: readonly AlertDocument[]; readonly rules: readonly AlertRule[] } | undefined;
  let forgotAt = now();
  const since = await firstLook(storage, now());
  const positions = await AlertPositions.open(storage);

  function rules(): readonly AlertRule[] {
    const { alerts, targets } = resources();
    if (compiled?.of !== alerts) compiled = { of: alerts, rules: alerts.map((alert) => compileAlert(alert, targets)) };
    return compiled.rules;
  }

  function metBy(occurrences: readonly Occurrence[]): readonly Met[] {
    const all = rules();
    return occurrences.flatMap((occurrence) => all.map((rule): Met => ({ rule, occurrence, weight: rule.weigh(occurrence) }))).filter(isMet);
  }

  /** Counting, raising and queueing are one transaction: what is raised is told, and what is told was raised once. */
  async function count(transaction: Transaction<Schema>, met: readonly Met[]): Promise<readonly (Raised & { readonly text: AlertText })[]> {
    if (met.length === 0) return [];
    if (storage.kind === 'postgres') await sql`select pg_advisory_xact_lock(${LOCK})`.execute(transaction);
    const counts = new Counts(transaction);
    const raised = [];
    for (const each of met) {
      const one = await counts.add(each);
      if (one) raised.push({ ...one, text: alertText(one, options) });
    }
    await counts.save();
    for (const one of raised) await queue(transaction, { ...one.text, id: `${one.rule.document.name} ${one.key} ${one.last.id}`, to: one.rule.document.to });
    await forget(transaction, rules());
    return raised;
  }

  async function forget(transaction: Transaction<Schema>, all: readonly AlertRule[]): Promise<void> {
    if (now() - forgotAt < FORGET_EVERY_MS) return;
    forgotAt = now();
    await forgetCounts(transaction, all, now());
  }

  function tell(raised: readonly (Raised & { readonly text: AlertText })[]): void {
    if (raised.length === 0) return;
    for (const { rule, text } of raised) onRaised({ name: rule.document.name, severity: rule.document.severity, title: text.title });
    onQueued();
  }

  async function takeBatch({ writer, next, records }: SinkBatch): Promise<void> {
    // Nothing is read where nobody asked to be told.
    if (rules().length === 0) return;
    const met = records.flatMap(({ index, leaf }) => metBy(occurrencesIn(leaf).filter(({ at }) => at >= since)).map((each) => ({ index, each })));
    if (met.length === 0) return;
    const { raised, read } = await storage.db.transaction().execute(async (transaction) => {
      const from = await positions.stored(transaction, writer);
      const to = Math.max(from, next);
      await positions.move(transaction, writer, to);
      const news = met.filter(({ index }) => index >= from).map(({ each }) => each);
      return { raised: await count(transaction, news), read: to };
    });
    positions.moved(writer, read);
    tell(raised);
  }

  return {
    sink: {
      kind: SINK,
      limits: { events: 200, bytes: 4 << 20 },
      gatherMs: 200,
      bounds: 'any',
      async send(batch) {
        await takeBatch(batch);
        return SENT;
      },
      close: async () => {},
    },
    positions,
    async take(occurrences) {
      const met = metBy(occurrences);
      if (met.length > 0) tell(await storage.db.transaction().execute((transaction) => count(transaction, met)));
    },
    list: () => Promise.all(rules().map((rule) => stateOf(storage, rule))),
    async test(name, by) {
      const rule = rules().find(({ document }) => document.name === name);
      if (!rule) throw new SallyportError('not_found', `there is no alert ${name}`, { hint: 'sallyport alerts list' });
      const id = newId(now());
      const last: Occurrence = { event: rule.document.events[0] ?? 'denied', at: now(), id, note: `a test by ${by}: nothing happened` };
      const text = alertText({ rule, group: [], key: '[]', count: rule.document.threshold, last }, options);
      const told = { ...text, title: `[TEST] ${text.title}`, alert: { ...text.alert, test: true } };
      const queued = await storage.db.transaction().execute((transaction) => queue(transaction, { ...told, id: `test ${id}`, to: rule.document.to }));
      onQueued();
      return queued;
    },
  };
}

const isMet = ({ weight }: Met): boolean => weight > 0;

/** A journal that is older than its alerts is not gone through: what happened before the first look is over. */
async function firstLook({ db }: Storage, now: number): Promise<number> {
  await db
    .insertInto('looked_through')
    .values({ name: SINK, until_at: now })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const { until_at } = await db.selectFrom('looked_through').select('until_at').where('name', '=', SINK).executeTakeFirstOrThrow();
  return until_at;
}

async function stateOf({ db }: Storage, { document }: AlertRule): Promise<AlertState> {
  const { name, severity, events, threshold, window, to } = document;
  const rows = await db.selectFrom('alert_states').selectAll().where('alert', '=', name).orderBy('raised_at', 'desc').limit(SHOWN_GROUPS).execute();
  const raised = rows.map((row) => ({
    // Written by `Counts`.
    group: Object.fromEntries(JSON.parse(row.group_key) as [string, string][]),
    at: new Date(row.raised_at).toISOString(),
    times: row.raised,
  }));
  return { name, severity, events, threshold, window, to, raised };
}
