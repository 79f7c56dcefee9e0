/** How one HTTP reply ended. */
export interface HttpReply {
  readonly status: number;
  /** Bytes of the body, without what chunking adds. */
  readonly bytes: number;
}

const HEAD_END = '\r\n\r\n';
const LINE_END = '\r\n';

/**
 * Just enough HTTP/1.1 to count replies on a kept connection: bodies are counted and thrown away, so that the load
 * generator costs little beside what it measures. Throws on what it does not understand.
 */
export class ReplyReader {
  #head = '';
  #status = 0;
  #bytes = 0;
  /** Bytes of the body, or of the current chunk with its line end, that are still to come; undefined while the head or a chunk's size is read. */
  #left: number | undefined;
  #chunked = false;
  #lastChunk = false;

  /** The reply that these bytes complete, if they do. Replies are not pipelined. */
  push(data: Buffer): HttpReply | undefined {
    let at = 0;
    while (at < data.length || this.#left === 0) {
      if (this.#left === undefined) {
        at = this.#readLine(data, at);
        continue;
      }
      const taken = Math.min(this.#left, data.length - at);
      at += taken;
      this.#left -= taken;
      if (this.#left > 0) return undefined;
      if (!this.#chunked || this.#lastChunk) return this.#finish();
      this.#left = undefined;
    }
    return undefined;
  }

  /** Takes in the head, or the line with a chunk's size, as far as it has come; returns where the rest begins. */
  #readLine(data: Buffer, from: number): number {
    const end = this.#status === 0 ? HEAD_END : LINE_END;
    const before = this.#head.length;
    this.#head += data.toString('latin1', from, Math.min(data.length, from + 16_384));
    const found = this.#head.indexOf(end);
    if (found < 0) {
      if (this.#head.length > 65_536) throw new Error('the reply has no end of its head');
      return from + this.#head.length - before;
    }
    const line = this.#head.slice(0, found);
    this.#head = '';
    if (this.#status === 0) this.#begin(line);
    else this.#chunk(line);
    return from + found + end.length - before;
  }

  #begin(head: string): void {
    this.#status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1]);
    if (!(this.#status >= 200)) throw new Error(`not the head of a reply: ${head.slice(0, 60)}`);
    this.#chunked = /^transfer-encoding: *chunked *$/im.test(head);
    const length = /^content-length: *(\d+) *$/im.exec(head)?.[1];
    if (!this.#chunked && length === undefined) throw new Error('the reply does not say how long it is');
    this.#left = this.#chunked ? undefined : Number(length);
    this.#bytes = this.#left ?? 0;
  }

  #chunk(line: string): void {
    const size = Number.parseInt(line, 16);
    if (!(size >= 0)) throw new Error(`not the size of a chunk: ${line.slice(0, 60)}`);
    this.#lastChunk = size === 0;
    this.#bytes += size;
    this.#left = size + LINE_END.length;
  }

  #finish(): HttpReply {
    const reply = { status: this.#status, bytes: this.#bytes };
    this.#status = 0;
    this.#bytes = 0;
    this.#left = undefined;
    this.#chunked = false;
    this.#lastChunk = false;
    return reply;
  }
}
