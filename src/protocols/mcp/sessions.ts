import { makeEvent, sessionParts } from '../../core/event.ts';
import { newId } from '../../core/id.ts';
import type { Recorder } from '../../core/recorder.ts';
import type { Session } from '../../core/session.ts';
import { subjectKey } from '../../core/subject.ts';

const IDLE_MS = 15 * 60_000;
const SWEEP_MS = 60_000;

/**
 * Which sessions are open here. One with an `Mcp-Session-Id` is its own; without, the same subject, target and OAuth
 * client are one session. Each ends after 15 idle minutes.
 */
export class Sessions {
  readonly #recorder: Recorder;
  readonly #now: () => number;
  readonly #open = new Map<string, { id: string; session: Session; seen: number; opened: Promise<void> }>();
  /** Commands and streams under way, by session. */
  readonly #busy = new Map<string, number>();
  /** Those that ended while it could not be recorded. */
  readonly #untold = new Map<string, Session>();
  readonly #sweep: NodeJS.Timeout;

  constructor(recorder: Recorder, now: () => number = Date.now) {
    this.#recorder = recorder;
    this.#now = now;
    this.#sweep = setInterval(() => this.#closeIdle(), SWEEP_MS);
    this.#sweep.unref();
  }

  /** The session of this caller; `id` where the protocol carries one. Resolves when its opening is recorded, with what the client calls itself. */
  async of(caller: Omit<Session, 'id'>, id?: string, called: () => string | undefined = () => undefined): Promise<Session> {
    const { subject, target, client } = caller;
    const key = id ?? JSON.stringify([subjectKey(subject), target.name, client.id]);
    const known = this.#open.get(key);
    if (known) {
      known.seen = this.#now();
      await known.opened;
      // Groups and the target's settings are those of now, not those of the opening.
      return { ...caller, id: known.session.id };
    }
    const name = called();
    return this.#begin(key, { ...caller, id: id ?? newId(this.#now()), client: name === undefined ? client : { ...client, name } });
  }

  /** A session is not idle while something of it is under way. */
  async during(session: Session, work: () => Promise<void>): Promise<void> {
    const { id } = session;
    this.#busy.set(id, (this.#busy.get(id) ?? 0) + 1);
    try {
      await work();
    } finally {
      const left = (this.#busy.get(id) ?? 1) - 1;
      if (left > 0) this.#busy.set(id, left);
      else this.#busy.delete(id);
    }
  }

  async end(id: string): Promise<void> {
    const known = this.#open.get(id);
    if (!known) return;
    this.#open.delete(id);
    await this.#recorder.append(makeEvent('session.closed', sessionParts(known.session))).catch((error: unknown) => {
      this.#untold.set(known.session.id, known.session);
      throw error;
    });
  }

  /** Records which sessions ended when that could not be recorded; what fails again is told later. */
  async tell(): Promise<void> {
    await Promise.allSettled([...this.#untold.values()].map((session) => this.#tellOf(session)));
  }

  async #tellOf(session: Session): Promise<void> {
    if (!this.#untold.delete(session.id)) return;
    const note = 'it ended when nothing could be recorded; what was running then was cut off';
    await this.#recorder.append(makeEvent('session.truncated', { ...sessionParts(session), note })).catch(() => {
      // One that was opened again since goes on, and has its own end.
      if (!this.#open.has(session.id)) this.#untold.set(session.id, session);
    });
  }

  /** Those that something happened to; a failure to record leaves nothing open. */
  endWhere(ended: (session: Session) => boolean): void {
    for (const [key, { session }] of this.#open) if (ended(session)) void this.end(key).catch(() => {});
  }

  async close(): Promise<void> {
    clearInterval(this.#sweep);
    await Promise.allSettled([...this.#open.keys()].map((id) => this.end(id)));
    await this.tell();
  }

  async #begin(key: string, session: Session): Promise<Session> {
    const before = this.#untold.get(session.id);
    if (before) void this.#tellOf(before);
    const opened = this.#recorder.append(makeEvent('session.opened', sessionParts(session)));
    this.#open.set(key, { id: session.id, session, seen: this.#now(), opened });
    try {
      await opened;
    } catch (error) {
      this.#open.delete(key);
      throw error;
    }
    return session;
  }

  #closeIdle(): void {
    void this.tell();
    const before = this.#now() - IDLE_MS;
    for (const [key, known] of this.#open) {
      if (this.#busy.has(known.id)) known.seen = this.#now();
      else if (known.seen < before) void this.end(key).catch(() => {});
    }
  }
}
