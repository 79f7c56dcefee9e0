import { isJsonArray, isJsonObject, JsonNumber, member, type JsonObject, type JsonValue } from '../../core/json.ts';
import type { MaskApplied, Masked, Masker } from '../../core/masker.ts';
import { maskBlob } from '../../masking/blob.ts';
import { indentOf } from '../../masking/nested.ts';
import { setMember } from '../../masking/set-member.ts';
import { Tally } from '../../masking/tally.ts';
import { textOf, typeOf } from './block-text.ts';
import { mapItems } from './map-values.ts';
import { BODY, ENVELOPE, ERROR, kept, META, RELATED_TASK, TOOL, waysOf, type Owner, type Walk, type Ways } from './mask-ways.ts';

export interface MaskContext {
  readonly masker: Masker;
  /** What becomes of JSON schemas: their structure is the protocol's, not data. */
  readonly schemas: (schema: JsonValue) => Masked<JsonValue>;
  /** What becomes of tokens that both sides compare. */
  readonly tokens: (token: string) => Masked<JsonValue>;
}

/** Words that a reader looks up: what is none of them is searched like any text. */
const WORDS = new Set(['type', 'mimeType', 'role', 'method', 'code']);
const USUAL = new Set(['text', 'image', 'audio', 'resource', 'resource_link', 'text/plain', 'application/json', 'user', 'assistant']);

export class MaskWalk implements Walk {
  readonly #context: MaskContext;
  readonly #applied: MaskApplied[] = [];
  /** What became of the last structured content. */
  #structured: { readonly value: JsonValue; readonly masked: Masked<JsonValue> } | undefined;

  constructor(context: MaskContext) {
    this.#context = context;
  }

  applied(): readonly MaskApplied[] {
    return this.#applied.length < 2 ? this.#applied : sum(this.#applied);
  }

  envelope(message: JsonValue): JsonValue {
    return this.#members(message, ENVELOPE);
  }

  error(error: JsonValue): JsonValue {
    return this.#members(error, ERROR);
  }

  body(body: JsonValue): JsonValue {
    return this.#members(body, BODY);
  }

  json(value: JsonValue): JsonValue {
    return this.#take(this.#context.masker.json(value));
  }

  schema(schema: JsonValue): JsonValue {
    return this.#take(this.#context.schemas(schema));
  }

  /** Keys of the protocol's own namespace carry tokens; everything else in `_meta` is data. */
  meta(meta: JsonValue): JsonValue {
    return this.#members(meta, META);
  }

  relatedTask(task: JsonValue): JsonValue {
    return this.#members(task, RELATED_TASK);
  }

  tool(tool: JsonValue): JsonValue {
    return this.#members(tool, TOOL);
  }

  structured(value: JsonValue): JsonValue {
    return this.#take(this.#maskStructured(value));
  }

  /** Blocks of a result or a message; an elicitation's answer has a plain object here. */
  content(content: JsonValue, body: JsonObject | undefined): JsonValue {
    if (isJsonArray(content)) return this.blocks(content, body);
    return typeOf(content) === undefined ? this.json(content) : this.block(content, undefined);
  }

  /** The texts of all blocks are masked together, so that a value cut in two is found. */
  blocks(blocks: JsonValue, body: JsonObject | undefined): JsonValue {
    if (!isJsonArray(blocks)) return this.json(blocks);
    const texts = blocks.map(textOf);
    const shown = texts.filter((text) => text !== undefined);
    const masked = this.#isCleanTwin(shown, body) ? shown : this.#take(this.#context.masker.texts(shown));
    let next = 0;
    return mapItems(blocks, (block, index) => this.block(block, texts[index] === undefined ? undefined : masked[next++]));
  }

  block(block: JsonValue, text: string | undefined): JsonValue {
    if (!isJsonObject(block)) return typeof block === 'string' && text !== undefined ? text : this.json(block);
    return this.#members(block, waysOf(typeOf(block)), text);
  }

  blob(value: JsonValue, mimeType: JsonValue | undefined): JsonValue {
    if (typeof value !== 'string') return this.json(value);
    return this.#take(maskBlob(value, typeof mimeType === 'string' ? mimeType : undefined, this.#context.masker));
  }

  #maskStructured(value: JsonValue): Masked<JsonValue> {
    if (this.#structured?.value !== value) this.#structured = { value, masked: this.#context.masker.json(value) };
    return this.#structured.masked;
  }

  /**
   * Whether the only text is the structured content once more, which servers write for clients that know no other, and nothing
   * in that was masked: then neither would anything be in the text, for JSON in a text is masked as it is outside of one.
   */
  #isCleanTwin(texts: readonly string[], body: JsonObject | undefined): boolean {
    const text = texts[0];
    const value = body && Object.hasOwn(body, 'structuredContent') ? body['structuredContent'] : undefined;
    if (texts.length !== 1 || !text?.startsWith('{') || !isJsonObject(value)) return false;
    const masked = this.#maskStructured(value);
    return masked.value === value && masked.applied.length === 0 && text === JSON.stringify(value, null, indentOf(text));
  }

  /**
   * An object of the protocol: kept scalars stay, named members go their own way, and all others are one JSON payload,
   * so that paths and key names work in them as anywhere.
   */
  #members(object: JsonValue, ways: Ways, text?: string): JsonValue {
    if (!isJsonObject(object)) return this.json(object);
    const keys = Object.keys(object);
    const others = othersOf(object, keys, ways);
    const masked = others && this.json(others);
    const owner: Owner = { object, text };
    let values: (JsonValue | undefined)[] | undefined;
    for (let at = 0; at < keys.length; at += 1) {
      const key = keys[at] ?? '';
      const before = object[key] ?? null;
      // Undefined where masking has renamed it.
      const after = others && Object.hasOwn(others, key) ? member(masked, key) : this.#member(key, before, ways, owner);
      if (after !== before) values ??= keys.slice(0, at).map((each) => object[each]);
      values?.push(after);
    }
    return values ? rebuilt(object, keys, values, masked) : object;
  }

  #member(key: string, value: JsonValue, ways: Ways, owner: Owner): JsonValue {
    const way = ways.get(key);
    if (way !== undefined && way !== kept) return way(this, value, owner);
    return typeof value === 'string' ? this.#kept(key, value) : value;
  }

  #kept(key: string, value: string): JsonValue {
    if (key === 'jsonrpc' || key === 'id' || USUAL.has(value)) return value;
    return this.#take(WORDS.has(key) ? this.#context.masker.text(value) : this.#context.tokens(value));
  }

  #take<T>(masked: Masked<T>): T {
    if (masked.applied.length > 0) this.#applied.push(...masked.applied);
    return masked.value;
  }
}

/** The members that the protocol does not need as they are; undefined where there are none, which is nearly always. */
function othersOf(object: JsonObject, keys: readonly string[], ways: Ways): JsonObject | undefined {
  let others: Record<string, JsonValue> | undefined;
  for (const key of keys) {
    const value = object[key] ?? null;
    const way = ways.get(key);
    if (way !== undefined && (way !== kept || isScalar(value))) continue;
    setMember((others ??= {}), key, value);
  }
  return others;
}

function isScalar(value: JsonValue): boolean {
  return typeof value !== 'object' || value === null || value instanceof JsonNumber;
}

function rebuilt(object: JsonObject, keys: readonly string[], values: readonly (JsonValue | undefined)[], others: JsonValue | undefined): JsonObject {
  const members = keys.flatMap((key, at): [string, JsonValue][] => (values[at] === undefined ? [] : [[key, values[at]]]));
  const renamed = isJsonObject(others) ? Object.entries(others).filter(([key]) => !Object.hasOwn(object, key)) : [];
  return Object.fromEntries([...members, ...renamed]);
}

function sum(applied: readonly MaskApplied[]): readonly MaskApplied[] {
  const tally = new Tally();
  for (const { by, name, count } of applied) tally.add(by, name, count);
  return tally.applied();
}
