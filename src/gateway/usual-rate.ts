const MINUTE_MS = 60_000;
/** Minutes in which a subject did something. With fewer of them nothing is usual yet. */
const KEPT_MINUTES = 128;
const ENOUGH_MINUTES = 100;
/** Fewer in a minute are never much. */
const NEVER_MUCH = 10;
const MAX_SUBJECTS = 10_000;

interface Counts {
  minute: number;
  count: number;
  readonly past: Uint16Array;
  /** Minutes that were kept; the oldest is written over. */
  kept: number;
  /** The 99th percentile of `past`, once there are enough. */
  usual: number;
}

/**
 * Commands of each subject in a minute, against the 99th percentile of its own last active minutes. This process's own,
 * and begun anew with it.
 */
export class UsualRate {
  readonly #subjects = new Map<string, Counts>();

  /** Whether one more command now is more than this subject is used to. */
  isUnusual(subject: string, now: number): boolean {
    const counts = this.#subjects.get(subject);
    if (!counts) return false;
    const isSame = counts.minute === Math.floor(now / MINUTE_MS);
    return (isSame ? counts.count : 0) + 1 > Math.max(counts.usual, NEVER_MUCH);
  }

  count(subject: string, now: number): void {
    const minute = Math.floor(now / MINUTE_MS);
    const counts = this.#subjects.get(subject) ?? this.#begin(subject, minute);
    if (counts.minute === minute) {
      counts.count += 1;
      return;
    }
    counts.past[counts.kept % KEPT_MINUTES] = Math.min(counts.count, 0xffff);
    counts.kept += 1;
    counts.usual = usualOf(counts);
    counts.minute = minute;
    counts.count = 1;
    // Whoever is active is not the one that is forgotten.
    this.#subjects.delete(subject);
    this.#subjects.set(subject, counts);
  }

  #begin(subject: string, minute: number): Counts {
    const counts: Counts = { minute, count: 0, past: new Uint16Array(KEPT_MINUTES), kept: 0, usual: Number.POSITIVE_INFINITY };
    this.#subjects.set(subject, counts);
    if (this.#subjects.size > MAX_SUBJECTS) {
      const idle = this.#subjects.keys().next().value;
      if (idle !== undefined) this.#subjects.delete(idle);
    }
    return counts;
  }
}

function usualOf({ past, kept }: Counts): number {
  const known = Math.min(kept, KEPT_MINUTES);
  if (known < ENOUGH_MINUTES) return Number.POSITIVE_INFINITY;
  const sorted = past.slice(0, known).toSorted();
  return sorted[Math.ceil(known * 0.99) - 1] ?? Number.POSITIVE_INFINITY;
}
