/**
 * Which definitions of a target's tools may be relied on. Tools are pinned as their first list shows them; whatever is new
 * or changed later, or looks as if it spoke to the model, waits until an owner of the target accepts it.
 * Asked by the data path (lists, calls) and by the API (what waits, and the answer).
 */
import { hash } from 'node:crypto';
import type { Declared, Definitions, Seen, Standing } from '../../../core/definitions.ts';
import { SallyportError } from '../../../core/error.ts';
import { eventSubject, makeEvent, type EventParts } from '../../../core/event.ts';
import { Listeners } from '../../../core/listeners.ts';
import type { Recorder } from '../../../core/recorder.ts';
import type { Subject } from '../../../core/subject.ts';
import type { Target } from '../../../core/target.ts';
import { isSuspicious } from './findings.ts';
import { INSTRUCTIONS, latestOf, type Pin, type PinState } from './pin.ts';
import type { FirstList, PinChange, PinStore } from './pin-store.ts';

type Shown = ReadonlyMap<Declared, Awaited<ReturnType<Declared['shown']>>>;

interface News {
  readonly news: readonly Declared[];
  readonly shown: Shown;
  readonly listEnded: boolean;
}

/** How long a first list may take: a client need not ask for its later pages. */
const FIRST_MS = 10 * 60_000;
/** How long another process's answers may be unknown here. */
const FRESH_MS = 1000;
const MAX_NAMES = 10_000;
/** Of definitions of one tool that nobody answered, the latest are kept. */
const MAX_WAITING = 20;

export interface ToolPinsOptions {
  readonly now?: () => number;
  /** Hears of listeners that fail. */
  readonly report?: (error: unknown) => void;
}

export class ToolPins implements Definitions {
  readonly #store: PinStore;
  readonly #recorder: Recorder;
  readonly #now: () => number;
  readonly #known = new Map<string, { readonly at: number; readonly states: ReadonlyMap<string, readonly PinState[]>; readonly ended: boolean }>();
  readonly #listeners: Listeners<[target: Target]>;

  constructor(store: PinStore, recorder: Recorder, { now = Date.now, report }: ToolPinsOptions = {}) {
    this.#listeners = new Listeners(report);
    this.#store = store;
    this.#recorder = recorder;
    this.#now = now;
  }

  /** Takes in what a target declares, once: what is known already costs nothing. `open`: its first list has not ended yet. */
  async learn(target: Target, seen: Seen): Promise<'open' | 'ended'> {
    await this.refresh(target);
    const known = this.#known.get(keyOf(target));
    const isNews = ({ name, hash }: Declared): boolean => latestOf(known?.states.get(name) ?? [])?.hash !== hash;
    const news = seen.declared.filter(isNews);
    if (news.length === 0 && (!seen.listEnded || known?.ended === true)) return known?.ended === true ? 'ended' : 'open';
    // Before the transaction: masking may have to ask outside, and nothing else can use the database meanwhile.
    const isUnseen = ({ name, hash }: Declared): boolean => known?.states.get(name)?.some((pin) => pin.hash === hash) !== true;
    const shown: Shown = new Map(await Promise.all(news.filter(isUnseen).map(async (one) => [one, await one.shown()] as const)));
    let ended = false;
    await this.#store.change(keyOf(target), this.#now(), async (pins, first) => {
      const change = await this.#take(target, { news, shown, listEnded: seen.listEnded }, pins, first);
      ended = first.endedAt !== undefined || change.endedAt !== undefined;
      return change;
    });
    await this.#load(target, { ended });
    this.#tell(target);
    return ended ? 'ended' : 'open';
  }

  /** Whether this definition may be listed and called. Of what `refresh` or `learn` brought. */
  standing(target: Target, name: string, hash: string): Standing {
    const pins = this.#known.get(keyOf(target))?.states.get(name) ?? [];
    const latest = latestOf(pins);
    const own = pins.find((pin) => pin.hash === hash);
    if (own?.status === 'accepted' && latest === own) return { kind: 'accepted', findings: own.findings };
    const mayBeHeld = own !== undefined && latest === own && own.status === 'quarantined' && !isSuspicious(own.findings);
    return { kind: 'refused', reason: reasonOf(name, latest, pins), findings: latest?.findings ?? [], mayBeHeld };
  }

  /** Looks for what other processes were told, not more often than each second. */
  async refresh(target: Target): Promise<void> {
    const known = this.#known.get(keyOf(target));
    if (known && this.#now() - known.at < FRESH_MS) return;
    await this.#load(target, { ended: known?.ended === true });
  }

  /** Everything that is known of a target's tools, for its owners. */
  list(target: Target): Promise<readonly Pin[]> {
    return this.#store.pins(keyOf(target));
  }

  /** An owner's word on exactly one definition, by its hash. Throws `not_found`, or `conflict` where the server has changed it again. */
  async answer(target: Target, tool: { readonly name: string; readonly hash: string }, answer: 'accept' | 'reject', by: Subject): Promise<void> {
    const now = this.#now();
    await this.#store.change(keyOf(target), now, async (pins) => {
      const mine = pins.filter((pin) => pin.name === tool.name);
      const pin = mine.find(({ hash }) => hash === tool.hash);
      if (!pin) throw new SallyportError('not_found', 'the tool has no definition with this hash', { hint: 'look at it again, and answer what you see' });
      if (latestOf(mine) !== pin)
        throw new SallyportError('conflict', 'the server has changed this tool since', { hint: 'look at it again, and answer what you see' });
      const subject = eventSubject(by);
      await this.#record(target.name, `tool ${tool.name} ${answer}ed: ${tool.hash}`, { subject });
      const decided: Pin = { ...pin, status: answer === 'accept' ? 'accepted' : 'rejected', decidedBy: subject, decidedAt: now };
      const before = answer === 'accept' ? mine.filter((other) => other !== pin && other.status === 'accepted') : [];
      return { save: [decided, ...before.map((other): Pin => ({ ...other, status: 'superseded' }))], drop: [] };
    });
    await this.#load(target, { ended: this.#known.get(keyOf(target))?.ended === true });
    this.#tell(target);
  }

  /** Hears of each change that this process made to what a target's tools are; the result ends it. */
  onChange(listener: (target: Target) => void): () => void {
    return this.#listeners.add(listener);
  }

  #tell(target: Target): void {
    this.#listeners.tell(target);
  }

  async #take(target: Target, { news, shown, listEnded }: News, pins: readonly Pin[], first: FirstList): Promise<PinChange> {
    const now = this.#now();
    const begun = Math.min(now, ...pins.flatMap(({ name, seenAt }) => (name === INSTRUCTIONS ? [] : [seenAt])));
    const isFirst = first.endedAt === undefined && now - begun <= FIRST_MS;
    const byName = Map.groupBy(pins, ({ name }) => name);
    const room = MAX_NAMES - byName.size;
    const save: Pin[] = [];
    const drop: Pin[] = [];
    for (const declared of news.filter(({ name }, at) => byName.has(name) || at < room)) {
      const before = byName.get(declared.name) ?? [];
      const known = before.find(({ hash: one }) => one === declared.hash);
      const trust = isFirst || declared.name === INSTRUCTIONS ? target.pin : 'review';
      save.push(known ? seenAgain(known, before, now) : newPin(declared, shown.get(declared) ?? (await declared.shown()), { before, trust, now }));
      drop.push(...crowd(before));
    }
    const change: PinChange = { save, drop, ...(first.endedAt === undefined && (listEnded || !isFirst) ? { endedAt: now } : {}) };
    await this.#recordNews(target.name, save, pins);
    return change;
  }

  /** What is pinned by itself is told once for all; what waits for somebody, one by one. */
  async #recordNews(target: string, save: readonly Pin[], before: readonly Pin[]): Promise<void> {
    const isNew = (pin: Pin): boolean => !before.some(({ name, hash, status }) => name === pin.name && hash === pin.hash && status === pin.status);
    const news = save.filter(isNew);
    const pinned = news.filter(({ status }) => status === 'accepted');
    if (pinned.length > 0) await this.#record(target, `pinned at first sight: ${pinned.map(({ name }) => name).join(', ')}`);
    for (const { name, hash, status, findings } of news) {
      if (status !== 'quarantined') continue;
      const kinds = [...new Set(findings.map(({ kind }) => kind))].join(', ');
      const isChange = before.some((pin) => pin.name === name);
      await this.#record(target, `tool ${name} ${isChange ? 'changed' : 'is new'} and is quarantined: ${hash}${kinds === '' ? '' : `: ${kinds}`}`, {
        outcome: { status: 'quarantined' },
      });
    }
  }

  #record(target: string, note: string, more: Pick<EventParts, 'subject' | 'outcome'> = {}): Promise<void> {
    return this.#recorder.append(makeEvent('target.changed', { target, note: note.slice(0, 2000), ...more }));
  }

  async #load(target: Target, { ended }: { readonly ended: boolean }): Promise<void> {
    const states = Map.groupBy(await this.#store.states(keyOf(target)), ({ name }) => name);
    this.#known.set(keyOf(target), { at: this.#now(), states, ended });
  }
}

/** Pins are of one server: whoever points a target at another one has made it a new target. The address may hold a secret, so it is hashed. */
function keyOf(target: Target): string {
  const known = keys.get(target);
  if (known !== undefined) return known;
  const { name, address, command } = target;
  const key = `${name} ${hash('sha256', address ?? JSON.stringify(command ?? []), 'hex').slice(0, 32)}`;
  keys.set(target, key);
  return key;
}

/** A target is one object until the policy changes, and it is asked for at every call. */
const keys = new WeakMap<Target, string>();

/** Two definitions seen in one millisecond: the one seen last is in use. */
const latestAfter = (before: readonly Pin[], now: number): number => Math.max(now, ...before.map((pin) => pin.latestAt + 1));

function seenAgain(known: Pin, before: readonly Pin[], now: number): Pin {
  return { ...known, latestAt: latestAfter(before, now), status: known.status === 'superseded' ? 'quarantined' : known.status };
}

interface Sight {
  readonly before: readonly Pin[];
  readonly trust: Target['pin'];
  readonly now: number;
}

function newPin({ name, hash: of }: Declared, { definition, findings }: Pick<Pin, 'definition' | 'findings'>, { before, trust, now }: Sight): Pin {
  const trusted = trust === 'trust-first' && before.length === 0 && !isSuspicious(findings);
  return { name, hash: of, status: trusted ? 'accepted' : 'quarantined', definition, findings, seenAt: now, latestAt: latestAfter(before, now) };
}

function crowd(before: readonly Pin[]): readonly Pin[] {
  const waiting = before.filter(({ status }) => status === 'quarantined' || status === 'superseded').toSorted((a, b) => b.latestAt - a.latestAt);
  return waiting.slice(MAX_WAITING);
}

function reasonOf(name: string, latest: PinState | undefined, pins: readonly PinState[]): string {
  if (!latest) return `${name} has not been seen in a list of this target`;
  if (latest.status === 'rejected') return `the definition of ${name} was rejected by an owner of the target`;
  const kinds = [...new Set(latest.findings.map(({ kind }) => kind))].filter((kind) => kind !== 'cross-tool-reference');
  const holds = kinds.length === 0 ? '' : `; it holds ${kinds.join(' and ').replaceAll('-', ' ')}`;
  const what = pins.some(({ status }) => status === 'accepted' || status === 'superseded') ? 'does not have the definition that was pinned' : 'is quarantined';
  return `the tool ${name} ${what}${holds}: an owner of the target has to accept it first`;
}
