import { SallyportError } from '../../core/error.ts';

/** One event of a server-sent event stream. `raw` is the block as it came, or as it would have come without what no reader takes. */
export interface SseEvent {
  readonly raw: string;
  readonly data: string;
  readonly id: string | undefined;
  readonly event: string | undefined;
  readonly retry: string | undefined;
}

/**
 * Splits text into events, keeping their source. Lines end in CRLF, LF or CR; comment blocks are dropped.
 * Throws `upstream_invalid` when one event grows past `limit` characters.
 * Source: WHATWG HTML, "Parsing an event stream".
 */
export class SseParser {
  readonly #limit: number;
  #pending = '';
  /** No block ends before here: what was looked at is not looked at again. */
  #scanned = 0;
  #started = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  push(text: string): SseEvent[] {
    this.#pending += this.#started ? text : text.replace(/^\uFEFF/, '');
    if (text !== '') this.#started = true;
    const events: SseEvent[] = [];
    for (;;) {
      const end = this.#blockEnd();
      if (end === undefined) break;
      this.#refuseOver(end);
      const event = readEvent(this.#pending.slice(0, end));
      this.#pending = this.#pending.slice(end);
      this.#scanned = 0;
      if (event) events.push(event);
    }
    this.#refuseOver(this.#pending.length);
    return events;
  }

  #refuseOver(size: number): void {
    if (size > this.#limit) throw new SallyportError('upstream_invalid', `the target sent an event larger than ${this.#limit} characters`);
  }

  /** Where the first complete block ends. A CR at the very end may be half of a CRLF: wait for more. */
  #blockEnd(): number | undefined {
    const leading = this.#scanned === 0 ? /^(?:\r\n|\n)/.exec(this.#pending) : null;
    if (leading) return leading[0].length;
    const blank = /(?:\r\n|\n|\r(?!\n|$))(?:\r\n|\n|\r(?!$))/g;
    blank.lastIndex = Math.max(0, this.#scanned - 3);
    const match = blank.exec(this.#pending);
    if (match) return match.index + match[0].length;
    this.#scanned = this.#pending.length;
    return undefined;
  }
}

/**
 * What a reader of MCP takes from a block. Comments, unknown fields and events of other names are nobody's, and would
 * carry past the masks whatever they hold: they go no further.
 */
function readEvent(raw: string): SseEvent | undefined {
  const data: string[] = [];
  let id: string | undefined;
  let event: string | undefined;
  let retry: string | undefined;
  let plain = true;
  for (const line of raw.split(/\r\n|\n|\r/)) {
    if (line === '') continue;
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'data') data.push(value);
    else if (field === 'id' && id === undefined && EVENT_ID.test(value)) id = value;
    else if (field === 'retry' && retry === undefined && /^\d{1,9}$/.test(value)) retry = value;
    else if (field === 'event' && event === undefined) event = value;
    else plain = false;
  }
  const isMessage = event === undefined || event === 'message';
  if (!isMessage) data.length = 0;
  if (data.length === 0 && id === undefined && retry === undefined) return undefined;
  const read = { data: data.join('\n'), id, event: isMessage ? event : undefined, retry };
  return { raw: plain && isMessage ? raw : writeEvent(read.data, read), ...read };
}

const EVENT_ID = /^[\x20-\x7e]{0,1024}$/;

/** An event with other data; `id`, `event` and `retry` stay. JSON text has no bare line ends, so one data line serves. */
export function writeEvent(data: string, from?: Pick<SseEvent, 'id' | 'event' | 'retry'>): string {
  const lines: string[] = [];
  if (from?.event !== undefined) lines.push(`event: ${from.event}`);
  if (from?.id !== undefined) lines.push(`id: ${from.id}`);
  if (from?.retry !== undefined) lines.push(`retry: ${from.retry}`);
  for (const line of data.split(/\r\n|\n|\r/)) lines.push(`data: ${line}`);
  return `${lines.join('\n')}\n\n`;
}
