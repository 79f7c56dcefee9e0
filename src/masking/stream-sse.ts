import { SallyportError } from '../core/error.ts';
import type { Pass } from './pass.ts';
import type { Streamed } from './streamed.ts';

/** A blank line. A carriage return at the very end may still get its line feed. */
const EVENT_END = /(?:\r\n|\n|\r(?!\n|$))(?:\r\n|\n|\r(?!\n|$))/g;
const LINE = /\r\n|\n|\r/;

/** Events of `text/event-stream`, each masked as a whole: its data lines are one text. One longer than the window is refused. */
export class StreamedSse implements Streamed {
  readonly #pass: Pass;
  readonly #window: number;
  #text = '';

  constructor(pass: Pass, window: number) {
    this.#pass = pass;
    this.#window = window;
  }

  push(text: string): string {
    this.#text += text;
    let out = '';
    let from = 0;
    EVENT_END.lastIndex = 0;
    for (let match = EVENT_END.exec(this.#text); match; match = EVENT_END.exec(this.#text)) {
      out += this.#event(this.#text.slice(from, match.index)) + match[0];
      from = EVENT_END.lastIndex;
    }
    this.#text = this.#text.slice(from);
    if (this.#text.length > this.#window) throw tooLong(this.#window);
    return out;
  }

  end(): string {
    const closing = /(?:\r\n|\n|\r)+$/.exec(this.#text)?.[0] ?? '';
    return this.#event(this.#text.slice(0, this.#text.length - closing.length)) + closing;
  }

  #event(event: string): string {
    if (event.length > this.#window) throw tooLong(this.#window);
    const lines = event.split(LINE);
    const data = lines.flatMap((line) => valueOf(line, 'data') ?? []).join('\n');
    const masked = this.#pass.text(data);
    const others = lines.map((line) => (isData(line) ? line : this.#pass.text(line)));
    if (masked === data && others.every((line, index) => line === lines[index])) return event;
    return this.#written(others, masked).join(LINE.exec(event)?.[0] ?? '\n');
  }

  /** All data lines stand where the first one stood. */
  #written(lines: readonly string[], data: string): readonly string[] {
    const first = lines.findIndex(isData);
    return lines.flatMap((line, index) => (index === first ? data.split('\n').map((part) => `data: ${part}`) : isData(line) ? [] : [line]));
  }
}

const isData = (line: string): boolean => valueOf(line, 'data') !== undefined;

function valueOf(line: string, field: string): string | undefined {
  if (line === field) return '';
  return line.startsWith(`${field}:`) ? line.slice(field.length + 1).replace(/^ /, '') : undefined;
}

const tooLong = (window: number): SallyportError => new SallyportError('limit_exceeded', `an event is longer than ${window} characters`);
