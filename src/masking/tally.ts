import type { MaskApplied } from '../core/masker.ts';

/** Counts what one call masked: names and numbers, never a value. */
export class Tally {
  readonly #counts = new Map<string, { by: MaskApplied['by']; name: string; count: number }>();

  add(by: MaskApplied['by'], name: string, count = 1): void {
    const id = `${by} ${name}`;
    const known = this.#counts.get(id);
    if (known) known.count += count;
    else this.#counts.set(id, { by, name, count });
  }

  applied(): readonly MaskApplied[] {
    return this.#counts.size === 0 ? NONE : [...this.#counts.values()];
  }
}

const NONE: readonly MaskApplied[] = [];
