/** What takes about a millisecond to check, mask and pass on. A smaller share costs long results more than it gives others. */
export const SHARE_BYTES = 256 << 10;

/**
 * What one line may read before others get their turn. A socket that always has more is read over and over (libuv: up to 32 times, two
 * megabytes) before any other is looked at, and a statement of somebody else takes several turns of the loop.
 */
export class ReadingShare {
  readonly #goOn: () => void;
  #read = 0;
  #isUsed = false;

  /** `goOn` is called when others had their turn. */
  constructor(goOn: () => void) {
    this.#goOn = goOn;
  }

  /** Nothing more is to be read for now. */
  get isUsed(): boolean {
    return this.#isUsed;
  }

  took(bytes: number): void {
    this.#read += bytes;
    if (this.#read < SHARE_BYTES || this.#isUsed) return;
    this.#isUsed = true;
    setImmediate(() => {
      this.#isUsed = false;
      this.#read = 0;
      this.#goOn();
    });
  }
}
