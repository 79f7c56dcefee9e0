/**
 * An external analyzer of text (Presidio's HTTP API): finds what needs a language model, such as names of persons and places.
 * Texts of one message are put together into few requests. Whatever goes wrong is an error: the message is then refused.
 */
import { Agent } from 'undici';
import { SallyportError } from '../core/error.ts';
import { isJsonArray, member, parseJson, type JsonValue } from '../core/json.ts';
import type { Finding } from './detector.ts';
import { limitTasks } from './concurrency.ts';

export interface AnalyzerOptions {
  /** Base URL; `/analyze` is asked below it. */
  readonly url: string;
  /** Milliseconds for one request, waiting for its turn included. */
  readonly timeoutMs: number;
  /** Requests at a time. */
  readonly concurrency: number;
  /** Names as the analyzer has them: `PERSON`. */
  readonly entities: readonly string[];
  readonly language: string;
  /** What a finding must score, 0 to 1. */
  readonly score: number;
  /** UTF-16 code units of all texts of one message. */
  readonly maxLength: number;
}

export interface Analyzer {
  /** What policies may name in `detect`: `person` for `PERSON`. */
  readonly kinds: readonly string[];
  /** The findings of each text. Rejects with `masking_failed`. */
  analyze(texts: readonly string[]): Promise<readonly (readonly Finding[])[]>;
  close(): Promise<void>;
}

const BATCH = 8192;
/** Ends a sentence, so that what stands in one text says nothing about the next. */
const GLUE = ' .\n\n';
const MAX_ANSWER = 4 << 20;

export const kindOfEntity = (entity: string): string => entity.toLowerCase().replaceAll('_', '-');

export function createAnalyzer(options: AnalyzerOptions): Analyzer {
  const agent = new Agent({ connections: options.concurrency, pipelining: 1 });
  const turns = limitTasks(options.concurrency);
  const ask = (batch: Batch): Promise<readonly Placed[]> => {
    const signal = AbortSignal.timeout(options.timeoutMs);
    return turns.run(() => request(agent, options, batch.text, signal), signal);
  };
  return {
    kinds: options.entities.map(kindOfEntity),
    async analyze(texts) {
      const length = texts.reduce((sum, text) => sum + text.length, 0);
      if (length > options.maxLength) throw failed(`the message has ${length} characters for the analyzer, the limit is ${options.maxLength}`);
      const batches = batchesOf(texts);
      const answers = await Promise.all(batches.map(ask)).catch((cause: unknown) => {
        throw cause instanceof SallyportError ? cause : failed('the analyzer did not answer', cause);
      });
      return findingsOf(texts, batches, answers);
    },
    close: () => agent.close(),
  };
}

const failed = (message: string, cause?: unknown): SallyportError => new SallyportError('masking_failed', message, { cause });

interface Batch {
  readonly text: string;
  /** Which texts are in it, and where each begins. */
  readonly parts: readonly { readonly index: number; readonly start: number }[];
}

function batchesOf(texts: readonly string[]): readonly Batch[] {
  const batches: { text: string; parts: { index: number; start: number }[] }[] = [];
  texts.forEach((text, index) => {
    const last = batches.at(-1);
    if (!last || last.text.length + text.length > BATCH) batches.push({ text, parts: [{ index, start: 0 }] });
    else {
      last.text += GLUE;
      last.parts.push({ index, start: last.text.length });
      last.text += text;
    }
  });
  return batches;
}

interface Placed {
  readonly entity: string;
  readonly start: number;
  readonly end: number;
  readonly score: number;
}

async function request(dispatcher: Agent, options: AnalyzerOptions, text: string, signal: AbortSignal): Promise<readonly Placed[]> {
  const url = new URL(`${options.url.replace(/\/(?:analyze\/?)?$/, '')}/analyze`);
  const body = JSON.stringify({ text, language: options.language, entities: options.entities, score_threshold: options.score });
  const response = await dispatcher.request({
    origin: url.origin,
    path: url.pathname,
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body,
    signal,
  });
  if (response.statusCode !== 200) {
    await response.body.dump();
    throw failed(`the analyzer answered with HTTP ${response.statusCode}`);
  }
  return readAnswer(parseJson(await limited(response.body)), text, options);
}

async function limited(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.byteLength;
    if (size > MAX_ANSWER) throw failed("the analyzer's answer is too long");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/** Presidio counts characters, not UTF-16 code units. An answer that does not fit its text fails: guessing would release a name. */
function readAnswer(answer: JsonValue, text: string, { entities, score: needed }: AnalyzerOptions): readonly Placed[] {
  if (!isJsonArray(answer)) throw failed("the analyzer's answer is no list");
  const offsets = offsetsOf(text);
  return answer.flatMap((row) => {
    const [entity, from, to, score] = [member(row, 'entity_type'), member(row, 'start'), member(row, 'end'), Number(member(row, 'score'))];
    const [start, end] = [typeof from === 'number' ? offsets(from) : undefined, typeof to === 'number' ? offsets(to) : undefined];
    if (typeof entity !== 'string' || start === undefined || end === undefined || Number.isNaN(score))
      throw failed("the analyzer's answer does not fit its text");
    return entities.includes(entity) && score >= needed ? [{ entity, start, end, score }] : [];
  });
}

/** From a number of characters to a number of UTF-16 code units; undefined outside of the text. */
function offsetsOf(text: string): (characters: number) => number | undefined {
  const inside = (at: number): boolean => Number.isSafeInteger(at) && at >= 0;
  if (!/[\ud800-\udfff]/.test(text)) return (at) => (inside(at) && at <= text.length ? at : undefined);
  const table = [0];
  for (const character of text) table.push((table.at(-1) ?? 0) + character.length);
  return (at) => (inside(at) ? table[at] : undefined);
}

/** Per text; a finding that reaches over the glue belongs to every text that it touches. */
function findingsOf(texts: readonly string[], batches: readonly Batch[], answers: readonly (readonly Placed[])[]): readonly (readonly Finding[])[] {
  const found: Finding[][] = texts.map(() => []);
  batches.forEach(({ parts }, at) => {
    for (const { index, start: offset } of parts) {
      const { length } = texts[index] ?? '';
      for (const placed of answers[at] ?? []) {
        const [start, end] = [Math.max(0, placed.start - offset), Math.min(length, placed.end - offset)];
        const kind = kindOfEntity(placed.entity);
        // The analyzer's own threshold decided already.
        if (start < end) found[index]?.push({ start, end, detector: kind, kind, score: 1 });
      }
    }
  });
  return found;
}
