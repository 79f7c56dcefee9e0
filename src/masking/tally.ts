import type { MaskApplied } from '../core/masker.ts';

interface Count {
  readonly by: MaskApplied['by'];
  readonly name: string;
  count: number;
}

/** Counts what one call masked: names and numbers, never a value. */
export class Tally {
  /** Made when there is something to count, which for most values there never is. */
  #counts: Map<string, Count> | undefined;

  add(by: MaskApplied['by'], name: string, count = 1): void {
    const id = `${by} ${name}`;
    const counts = (this.#counts ??= new Map<string, Count>());
    const known = counts.get(id);
    if (known) known.count += count;
    else counts.set(id, { by, name, count });
  }

  applied(): readonly MaskApplied[] {
    return this.#counts ? [...this.#counts.values()] : NONE;
  }
}

const NONE: readonly MaskApplied[] = [];
