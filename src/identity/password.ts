import { randomBytes, scrypt, timingSafeEqual, type ScryptOptions } from 'node:crypto';

/** What a stored hash says of how it was made, so that the cost can rise without invalidating older hashes. */
export interface Cost {
  readonly N: number;
  readonly r: number;
  readonly p: number;
}

/** 32 MiB and some hundred milliseconds; the equal, by OWASP, of N = 2^17 and p = 1 in a quarter of the memory. */
const COST: Cost = { N: 2 ** 15, r: 8, p: 3 };
const HASH_BYTES = 32;
const MAX_RUNNING = 2;
const MAX_WAITING = 32;
export const MAX_PASSWORD_LENGTH = 256;

/** Too many passwords are being checked; nothing was found out about this one. */
export class BusyError extends Error {}

/**
 * Hashes and checks passwords with scrypt: two at once, because each takes a thread of the pool that the journal's disk
 * writes share; a bounded number wait, further ones throw `BusyError`.
 */
export class Passwords {
  readonly #cost: Cost;
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(cost: Cost = COST) {
    this.#cost = cost;
  }

  async hash(password: string): Promise<string> {
    const salt = randomBytes(16);
    const { N, r, p } = this.#cost;
    const hash = await this.#derive(password, salt, this.#cost);
    return ['scrypt', N, r, p, salt.toString('base64url'), hash.toString('base64url')].join('$');
  }

  /** The same work whether the account exists (`stored` is its hash) or not (`undefined`, and the answer is no). */
  async verify(password: string, stored: string | undefined): Promise<boolean> {
    const parsed = stored === undefined ? undefined : parseHash(stored);
    const { cost, salt, hash } = parsed ?? { cost: this.#cost, salt: NO_SALT, hash: NO_HASH };
    const derived = await this.#derive(password, salt, cost);
    return timingSafeEqual(derived, hash) && parsed !== undefined;
  }

  async #derive(password: string, salt: Buffer, cost: Cost): Promise<Buffer> {
    await this.#enter();
    try {
      return await deriveKey(password.normalize('NFC'), salt, cost);
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running -= 1;
    }
  }

  /** A place among the running; whoever leaves hands its place on. */
  async #enter(): Promise<void> {
    if (this.#running < MAX_RUNNING) {
      this.#running += 1;
      return;
    }
    if (this.#waiting.length >= MAX_WAITING) throw new BusyError('too many passwords are being checked');
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push(resolve);
    await promise;
  }
}

const NO_SALT = Buffer.alloc(16);
const NO_HASH = Buffer.alloc(HASH_BYTES);

function deriveKey(password: string, salt: Buffer, cost: Cost): Promise<Buffer> {
  const options: ScryptOptions = { ...cost, maxmem: 128 * cost.N * cost.r * 2 };
  return new Promise((resolve, reject) => {
    scrypt(password, salt, HASH_BYTES, options, (error, key) => (error ? reject(error) : resolve(key)));
  });
}

function parseHash(stored: string): { readonly cost: Cost; readonly salt: Buffer; readonly hash: Buffer } | undefined {
  const match = /^scrypt\$(\d{1,7})\$(\d{1,2})\$(\d{1,2})\$([\w-]{22})\$([\w-]{43})$/.exec(stored);
  if (!match) return undefined;
  const [, N, r, p, salt = '', hash = ''] = match;
  return { cost: { N: Number(N), r: Number(r), p: Number(p) }, salt: Buffer.from(salt, 'base64url'), hash: Buffer.from(hash, 'base64url') };
}

/** A password for people to type once: 120 bits in groups of Crockford's letters, none of which look alike. */
export function generatePassword(random: (size: number) => Buffer = randomBytes): string {
  const letters = [...random(24)].map((byte) => '0123456789abcdefghjkmnpqrstvwxyz'[byte & 31]).join('');
  return letters.replace(/(.{6})(?=.)/g, '$1-');
}
