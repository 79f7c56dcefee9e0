import type { Event } from '../../core/event.ts';
import { subjectKey } from '../../core/subject.ts';
import type { Storage } from '../../storage/storage.ts';

const KEPT = 10_000;

/** Whose a session is: the subject of what it does itself. Who approves or looks at it is somebody else. */
export class SessionOwners {
  readonly #storage: Storage;
  readonly #known = new Map<string, string>();

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  /** Undefined for what is part of no session. */
  async of({ session, subject, kind }: Event): Promise<string | undefined> {
    if (session === undefined) return undefined;
    const own = subject && /^(?:session|command|reply|stream|approval)\./.test(kind) ? subjectKey(subject) : undefined;
    const owner = this.#known.get(session) ?? own ?? (await this.#stored(session));
    if (owner !== undefined) this.#keep(session, owner);
    return owner;
  }

  async #stored(session: string): Promise<string | undefined> {
    const row = await this.#storage.db.selectFrom('sessions').select('subject_key').where('id', '=', session).executeTakeFirst();
    return row?.subject_key;
  }

  #keep(session: string, owner: string): void {
    this.#known.set(session, owner);
    const oldest = this.#known.keys().next().value;
    if (this.#known.size > KEPT && oldest !== undefined) this.#known.delete(oldest);
  }
}
