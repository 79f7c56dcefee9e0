const MAX_LINES = 20;
/** More than is told of a line: what is cut off here is not masked any more. */
const MAX_LINE = 4096;

/** The end of a stream of text, bounded whatever is written. */
export class LastLines {
  #whole: string[] = [];
  #part = '';

  add(chunk: Buffer): void {
    const [first = '', ...rest] = chunk.toString('utf8').split('\n');
    this.#part = (this.#part + first).slice(0, MAX_LINE);
    for (const line of rest) {
      if (this.#part.trim() !== '') this.#whole.push(this.#part.trimEnd());
      if (this.#whole.length > MAX_LINES) this.#whole = this.#whole.slice(-MAX_LINES);
      this.#part = line.slice(0, MAX_LINE);
    }
  }

  get lines(): readonly string[] {
    return this.#part.trim() === '' ? this.#whole : [...this.#whole, this.#part.trimEnd()].slice(-MAX_LINES);
  }
}
