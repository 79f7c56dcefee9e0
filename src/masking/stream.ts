/**
 * Masks what is too big to be held: bytes in, masked bytes out, never more than a bounded window of them in memory. A value is
 * found wherever the chunks are cut, for the chunks are put together again before anything is looked at: what comes out
 * depends on the text and on the window only. Whatever fails is `masking_failed`, and nothing more comes out.
 */
import type { MaskRule } from '../core/decision.ts';
import { SallyportError } from '../core/error.ts';
import type { MaskApplied } from '../core/masker.ts';
import { createEngine, type MaskerOptions } from './masker.ts';
import { Pass } from './pass.ts';
import { couldBeJson } from './json-beginning.ts';
import { StreamedJson } from './stream-json.ts';
import { StreamedSse } from './stream-sse.ts';
import { StreamedText } from './stream-text.ts';
import type { Streamed } from './streamed.ts';

export interface StreamOptions extends Omit<MaskerOptions, 'analyzer'> {
  /** `auto` tells JSON (one value, or one after the other) from text by its beginning. Default `auto`. */
  readonly format?: 'auto' | 'json' | 'text' | 'sse';
  /** UTF-16 code units; at most about four times as much is held. Longer values do not come out. Default 65536. */
  readonly window?: number;
}

export interface MaskedStream {
  /** Read once, and only as fast as it is read from. */
  readonly bytes: AsyncIterable<Uint8Array>;
  /** What has been masked so far. */
  applied(): readonly MaskApplied[];
}

const WINDOW = 65_536;

/** Throws `resources_invalid` for rules that are wrong; `bytes` throws `masking_failed`. */
export function maskStream(chunks: AsyncIterable<Uint8Array>, rules: readonly MaskRule[], options: StreamOptions): MaskedStream {
  const pass = new Pass(createEngine(rules, options));
  const { window = WINDOW, format = 'auto' } = options;
  const streamed = format === 'auto' ? new Told(pass, window) : ofFormat(format, pass, window);
  return { bytes: maskedBytes(chunks, streamed), applied: () => pass.tally.applied() };
}

async function* maskedBytes(chunks: AsyncIterable<Uint8Array>, streamed: Streamed): AsyncGenerator<Uint8Array> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  for await (const chunk of chunks) {
    const text = closed(() => streamed.push(decoder.decode(chunk, { stream: true })));
    if (text !== '') yield Buffer.from(text);
  }
  const last = closed(() => streamed.push(decoder.decode()) + streamed.end());
  if (last !== '') yield Buffer.from(last);
}

function closed(mask: () => string): string {
  try {
    return mask();
  } catch (cause) {
    const why = cause instanceof SallyportError ? `: ${cause.message}` : '';
    throw new SallyportError('masking_failed', `the stream could not be masked${why}`, { cause });
  }
}

function ofFormat(format: 'json' | 'text' | 'sse', pass: Pass, window: number): Streamed {
  switch (format) {
    case 'json':
      return new StreamedJson(pass, window);
    case 'text':
      return new StreamedText(pass, window);
    case 'sse':
      return new StreamedSse(pass, window);
    default:
      return format satisfies never;
  }
}

/** Holds the beginning until it tells the format; what is no longer than that is masked as a whole. */
class Told implements Streamed {
  readonly #pass: Pass;
  readonly #window: number;
  #head = '';
  #rest: Streamed | undefined;

  constructor(pass: Pass, window: number) {
    this.#pass = pass;
    this.#window = window;
  }

  push(text: string): string {
    if (this.#rest) return this.#rest.push(text);
    this.#head += text;
    if (this.#head.length <= this.#window) return '';
    // As far as the window only, so that the answer does not hang on how the chunks were cut.
    this.#rest = ofFormat(couldBeJson(this.#head.slice(0, this.#window)) ? 'json' : 'text', this.#pass, this.#window);
    return this.#rest.push(this.#head);
  }

  end(): string {
    return this.#rest ? this.#rest.end() : this.#pass.text(this.#head);
  }
}
