/**
 * PostgreSQL's own grammar. A text is a list of statements exactly as the server reads it, or it is not parsed at all;
 * nobody here looks at SQL by pattern.
 */
import createInstance, { type GrammarInstance } from 'libpg-query/wasm/libpg-query.js';
import type { ParseResult, RawStmt } from 'libpg-query';

export type Reading = { readonly kind: 'statements'; readonly statements: readonly RawStmt[] } | { readonly kind: 'unparsed'; readonly reason: string };

/**
 * Longer texts are not parsed: the parser runs on the thread that moves bytes, at about 0.2 ms a kilobyte, and the
 * longest text has to stay within what neighbours may wait.
 */
export const MAX_TEXT_BYTES = 128 << 10;

export class Grammar {
  #instance: GrammarInstance | undefined;
  #spare: GrammarInstance | undefined;
  #making: Promise<void> = Promise.resolve();

  private constructor(instance: GrammarInstance, spare: GrammarInstance) {
    this.#instance = instance;
    this.#spare = spare;
  }

  static async load(): Promise<Grammar> {
    return new Grammar(await createInstance(), await createInstance());
  }

  /** Settles once there is an instance to read with: after a trap, and another before the next was made, there is none for a moment. */
  async ready(): Promise<void> {
    await this.#making;
  }

  parse(text: string): Reading {
    if (text.includes('\0')) return unparsed('a statement holds a NUL');
    if (!text.isWellFormed()) return unparsed('the text is not well-formed Unicode');
    const bytes = Buffer.from(text);
    if (bytes.length > MAX_TEXT_BYTES) return unparsed(`the text is longer than ${MAX_TEXT_BYTES} bytes`);
    if (bytes.length === 0) return { kind: 'statements', statements: [] };
    return this.#guarded((instance) => parseWith(instance, bytes)) ?? unparsed('the text is nested too deeply, or one before it was');
  }

  /** What PL/pgSQL makes of a `create function` statement; undefined where it makes nothing of it. */
  parseFunction(definition: string): unknown {
    const bytes = Buffer.from(definition);
    if (bytes.length > MAX_TEXT_BYTES || definition.includes('\0')) return undefined;
    return this.#guarded((instance) => parseFunctionWith(instance, bytes));
  }

  /** A trap leaves an instance with a stack and memory that nobody put back: it is never asked again. */
  #guarded<T>(act: (instance: GrammarInstance) => T): T | undefined {
    if (!this.#instance) return undefined;
    try {
      return act(this.#instance);
    } catch {
      this.#replace();
      return undefined;
    }
  }

  #replace(): void {
    this.#instance = this.#spare;
    this.#spare = undefined;
    this.#making = this.#making.then(async () => {
      const made = await createInstance();
      if (this.#instance) this.#spare = made;
      else this.#instance = made;
    });
  }
}

const unparsed = (reason: string): Reading => ({ kind: 'unparsed', reason });

function parseWith(instance: GrammarInstance, bytes: Buffer): Reading {
  return withText(instance, bytes, (text) => {
    const result = instance._wasm_parse_query_raw(text);
    if (result === 0) throw new Error('out of memory');
    try {
      const error = instance.getValue(result + 8, 'i32');
      if (error !== 0) return unparsed(instance.UTF8ToString(instance.getValue(error, 'i32')));
      // The C side writes what the package's types describe.
      const parsed = JSON.parse(instance.UTF8ToString(instance.getValue(result, 'i32'))) as ParseResult;
      return { kind: 'statements', statements: parsed.stmts ?? [] };
    } finally {
      instance._wasm_free_parse_result(result);
    }
  });
}

function parseFunctionWith(instance: GrammarInstance, bytes: Buffer): unknown {
  return withText(instance, bytes, (text) => {
    const result = instance._wasm_parse_plpgsql(text);
    try {
      const said = instance.UTF8ToString(result);
      const parsed: unknown = said.startsWith('{') ? JSON.parse(said) : undefined;
      return parsed;
    } finally {
      instance._wasm_free_string(result);
    }
  });
}

function withText<T>(instance: GrammarInstance, bytes: Buffer, act: (pointer: number) => T): T {
  const pointer = instance._malloc(bytes.length + 1);
  if (pointer === 0) throw new Error('out of memory');
  // Read after the allocation: memory may have moved to grow.
  instance.HEAPU8.set(bytes, pointer);
  instance.HEAPU8[pointer + bytes.length] = 0;
  const done = act(pointer);
  instance._free(pointer);
  return done;
}
