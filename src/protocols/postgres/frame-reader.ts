import { HEADER_BYTES, MalformedMessage, type Frame } from './codec.ts';

const NOTHING = Buffer.alloc(0);

/**
 * Cuts what a socket gives into whole messages. A length is checked as soon as it is there, before anything waits for the
 * rest; what waits is what came, never what was announced.
 */
export class FrameReader {
  readonly #longest: (type: number) => number;
  #chunk: Buffer = NOTHING;
  #at = 0;
  /** Chunks of a message that is not whole yet; joined once. */
  #waiting: Buffer[] = [];
  #have = 0;
  #need = 0;

  /** `longest`: how many bytes a message of a type may have; 0 for a type that may not come. */
  constructor(longest: (type: number) => number) {
    this.#longest = longest;
  }

  /** Bytes that came and were not given out. */
  get pending(): number {
    return this.#chunk.length - this.#at + this.#have;
  }

  push(chunk: Buffer): void {
    if (this.#at < this.#chunk.length) this.#wait(this.#chunk.subarray(this.#at));
    this.#chunk = NOTHING;
    this.#at = 0;
    if (this.#have === 0) {
      this.#chunk = chunk;
      return;
    }
    this.#wait(chunk);
    if (this.#have < this.#need) return;
    this.#chunk = Buffer.concat(this.#waiting, this.#have);
    this.#waiting = [];
    this.#have = 0;
  }

  /** The type of the next whole message, which stays where it is. Throws `MalformedMessage`. */
  peek(): number | undefined {
    return this.#lengthOfNext() === undefined ? undefined : this.#chunk[this.#at];
  }

  /** Throws `MalformedMessage`. */
  next(): Frame | undefined {
    const length = this.#lengthOfNext();
    if (length === undefined) return undefined;
    const start = this.#at;
    this.#at += length;
    return { type: this.#chunk[start] ?? 0, buffer: this.#chunk, start, end: this.#at };
  }

  #lengthOfNext(): number | undefined {
    const chunk = this.#chunk;
    const at = this.#at;
    if (chunk.length - at < HEADER_BYTES) return this.#needs(HEADER_BYTES);
    const type = chunk[at] ?? 0;
    const length = chunk.readUInt32BE(at + 1) + 1;
    const longest = this.#longest(type);
    if (longest === 0) throw new MalformedMessage(`a message of the type 0x${type.toString(16).padStart(2, '0')}, which may not come here`);
    if (length < HEADER_BYTES) throw new MalformedMessage('a message that is shorter than its own length');
    if (length > longest) throw new MalformedMessage(`a message of ${length} bytes, where ${longest} are allowed`);
    return chunk.length - at < length ? this.#needs(length) : length;
  }

  #needs(length: number): undefined {
    this.#need = length;
  }

  #wait(chunk: Buffer): void {
    this.#waiting.push(chunk);
    this.#have += chunk.length;
  }
}
