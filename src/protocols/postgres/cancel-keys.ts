import { randomBytes, randomInt, timingSafeEqual } from 'node:crypto';

/** What a caller may cancel with: numbers and keys of ours, which say nothing of the server's. */
export class CancelKeys<T> {
  readonly #keys = new Map<number, { readonly key: Buffer; readonly holder: T }>();

  /** Protocol 3.2 has room for longer keys. */
  issue(holder: T, minor: 0 | 2): { readonly pid: number; readonly key: Buffer } {
    let pid = randomInt(1, 2 ** 31 - 1);
    while (this.#keys.has(pid)) pid = randomInt(1, 2 ** 31 - 1);
    const key = randomBytes(minor === 2 ? 32 : 4);
    this.#keys.set(pid, { key, holder });
    return { pid, key };
  }

  find(pid: number, key: Uint8Array): T | undefined {
    const known = this.#keys.get(pid);
    return known && known.key.length === key.length && timingSafeEqual(known.key, key) ? known.holder : undefined;
  }

  revoke(pid: number): void {
    this.#keys.delete(pid);
  }
}
