import { SallyportError } from '../core/error.ts';
import type { JsonValue } from '../core/json.ts';
import type { KeyTraits } from './key.ts';
import type { Pass } from './pass.ts';

const MAX_MASKED = 4096;

/** What has to be remembered of the keys of an object that is read in parts. */
export class FrameKeys {
  readonly #pass: Pass;
  readonly #masked = new Map<string, number>();
  #name: KeyTraits | undefined;
  #valueSeen = false;

  constructor(pass: Pass) {
    this.#pass = pass;
  }

  /** Masked keys that become equal are numbered. */
  unique(key: string): string {
    const count = (this.#masked.get(key) ?? 0) + 1;
    if (this.#masked.size >= MAX_MASKED && count === 1)
      throw new SallyportError('limit_exceeded', `more than ${MAX_MASKED} different masked keys in one object`);
    this.#masked.set(key, count);
    return count === 1 ? key : `${key}#${count}`;
  }

  /** `{"name": "DB_PASSWORD", "value": "..."}`: what the name says of the value. */
  namedValue(key: string): KeyTraits | undefined {
    return key === 'value' ? this.#name : undefined;
  }

  see(key: string, value: JsonValue): void {
    if (key === 'value') this.#valueSeen = true;
    if ((key !== 'name' && key !== 'key') || typeof value !== 'string') return;
    if (key === 'name' || !this.#name) this.#name = this.#pass.nameOf(value);
    // It has gone out already, and nobody knew what it was.
    if (this.#valueSeen && this.#name.secret !== 'none')
      throw new SallyportError('masking_failed', 'the name of a value came after it in an object longer than the window');
  }
}
