import type { Subject } from '../core/subject.ts';
import type { SubjectRow } from '../storage/schema.ts';
import { subjectOfRow, type SubjectName } from './directory-subject.ts';

interface Known {
  readonly subject: Subject;
  readonly active: boolean;
  readonly kept: SubjectRow['kept_by'];
  readonly changedAt: number;
  readonly endedAt: number;
}

/** Longer than tokens live that still say what was true before a change. */
const KEEP_MS = 24 * 60 * 60_000;

/**
 * What the use of a token has to know of the directory: who no longer counts, whose groups are kept by provisioning, and what
 * changed lately. Of all others the token says what is true.
 */
export class DirectoryMemory {
  readonly #now: () => number;
  readonly #known = new Map<string, Known>();
  #sweptAt = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  apply(rows: readonly SubjectRow[]): void {
    for (const row of rows) {
      const known = { subject: subjectOfRow(row), active: row.status === 'active', kept: row.kept_by, changedAt: row.changed_at, endedAt: row.ended_at };
      if (this.#matters(known)) this.#known.set(keyOf(known.subject), known);
      else this.#known.delete(keyOf(known.subject));
    }
    this.#sweep();
  }

  /** Who acts for somebody who is out is out as well. */
  standing(subject: Subject, issuedAt: number): Subject | 'ended' {
    if (this.#known.size === 0) return subject;
    const today = this.#own(subject, issuedAt);
    if (today === 'ended' || !subject.onBehalfOf) return today;
    const behind = this.standing(subject.onBehalfOf, issuedAt);
    if (behind === 'ended') return behind;
    return today === subject && behind === subject.onBehalfOf ? subject : { ...today, onBehalfOf: behind };
  }

  #own(subject: Subject, issuedAt: number): Subject | 'ended' {
    const known = this.#known.get(keyOf(subject));
    if (!known) return subject;
    if (!known.active || issuedAt <= known.endedAt) return 'ended';
    // What a provider said later than the directory heard of it is newer.
    if (known.kept === 'claims' && issuedAt > known.changedAt) return subject;
    return isAlike(subject, known.subject) ? subject : { ...known.subject, ...(subject.onBehalfOf ? { onBehalfOf: subject.onBehalfOf } : {}) };
  }

  #matters({ active, kept, changedAt }: Known): boolean {
    return !active || kept === 'scim' || changedAt > this.#now() - KEEP_MS;
  }

  #sweep(): void {
    if (this.#now() - this.#sweptAt < KEEP_MS / 24) return;
    this.#sweptAt = this.#now();
    for (const [key, known] of this.#known) if (!this.#matters(known)) this.#known.delete(key);
  }
}

/** None of the three holds a line break: those of identities are refused where they come in. */
const keyOf = ({ issuer, kind, id }: SubjectName): string => `${kind}\n${issuer}\n${id}`;

function isAlike(a: Subject, b: Subject): boolean {
  return a.name === b.name && a.groups.length === b.groups.length && a.groups.every((group) => b.groups.includes(group));
}
