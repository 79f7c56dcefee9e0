import { hash } from 'node:crypto';
import type { Command } from '../core/command.ts';
import type { Session } from '../core/session.ts';
import type { Use, UseBook } from './use-book.ts';

const DAY_MS = 86_400_000;
/** What was not used for so long is used for the first time again. */
const KEPT_MS = 90 * DAY_MS;
const MAX_KNOWN = 100_000;
const MAX_DIGESTS = 10_000;
const MAX_REMEMBERED_TEXT = 300;
const WRITE_MS = 200;
const LOOK_MS = 2000;
/** Clocks of processes differ, and what was written is seen a little later. */
const OVERLAP_MS = 60_000;

export interface PastUsesParts {
  readonly book: UseBook;
  readonly report: (error: unknown) => void;
  readonly now?: () => number;
}

/**
 * Which subject has used which effect on which target. Asked in memory; written behind, and read again for what other
 * processes wrote. What is not known here counts as a first time: that errs on the side of more risk.
 */
export class PastUses {
  readonly #book: UseBook;
  readonly #report: (error: unknown) => void;
  readonly #now: () => number;
  readonly #known = new Map<string, number>();
  readonly #unwritten = new Map<string, number>();
  readonly #digests = new Map<string, string>();
  readonly #timers: NodeJS.Timeout[] = [];
  #seen = 0;
  #work: Promise<void> = Promise.resolve();

  constructor({ book, report, now = Date.now }: PastUsesParts) {
    this.#book = book;
    this.#report = report;
    this.#now = now;
  }

  /** Reads what is known, and keeps reading and writing until it is closed. */
  async start(): Promise<void> {
    await this.#book.forget(this.#now() - KEPT_MS);
    await this.#read();
    this.#timers.push(
      setInterval(() => this.#later(() => this.#write()), WRITE_MS),
      setInterval(() => this.#later(() => this.#read()), LOOK_MS),
    );
    this.#timers.forEach((timer) => timer.unref());
  }

  async close(): Promise<void> {
    this.#timers.forEach(clearInterval);
    this.#later(() => this.#write());
    await this.#work;
  }

  isFirst(session: Session, command: Command): boolean {
    const since = this.#now() - KEPT_MS;
    return command.effects.some((effect) => (this.#known.get(this.#keyOf(session, effect)) ?? 0) < since);
  }

  note(session: Session, command: Command): void {
    const now = this.#now();
    for (const effect of command.effects) {
      const key = this.#keyOf(session, effect);
      // A day is exact enough, and keeps the database out of what is used all the time.
      if (now - (this.#known.get(key) ?? 0) < DAY_MS) continue;
      this.#keep(key, now);
      this.#unwritten.set(key, now);
    }
  }

  /** Short, whatever a URI holds, and it says nothing of what was used. A digest costs more than all else here, so the usual ones are remembered. */
  #keyOf({ subject, target }: Session, effect: string): string {
    const { kind, issuer, id } = subject;
    const text = `${kind}\n${issuer}\n${id}\n${target.name}\n${effect}`;
    const known = this.#digests.get(text);
    if (known !== undefined) return known;
    const key = hash('sha256', text, 'base64url').slice(0, 22);
    if (text.length > MAX_REMEMBERED_TEXT) return key;
    if (this.#digests.size >= MAX_DIGESTS) this.#digests.clear();
    this.#digests.set(text, key);
    return key;
  }

  #keep(key: string, at: number): void {
    this.#known.delete(key);
    this.#known.set(key, at);
    if (this.#known.size <= MAX_KNOWN) return;
    const oldest = this.#known.keys().next().value;
    if (oldest !== undefined) this.#known.delete(oldest);
  }

  /** One after the other: a reader never sees what is half written. */
  #later(work: () => Promise<void>): void {
    this.#work = this.#work.then(work).catch(this.#report);
  }

  async #write(): Promise<void> {
    if (this.#unwritten.size === 0) return;
    const uses: readonly Use[] = [...this.#unwritten].map(([key, at]) => ({ key, at }));
    this.#unwritten.clear();
    try {
      await this.#book.write(uses);
    } catch (error) {
      for (const { key, at } of uses) if (this.#unwritten.size < MAX_KNOWN) this.#unwritten.set(key, at);
      throw error;
    }
  }

  async #read(): Promise<void> {
    const uses = await this.#book.after(this.#seen - OVERLAP_MS, MAX_KNOWN);
    for (const { key, at } of uses) {
      if ((this.#known.get(key) ?? 0) < at) this.#keep(key, at);
      this.#seen = Math.max(this.#seen, at);
    }
  }
}
