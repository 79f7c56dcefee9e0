import { isJsonArray, isJsonObject, JsonNumber, type JsonObject, type JsonValue } from '../../core/json.ts';
import type { MaskApplied, Masked, Masker } from '../../core/masker.ts';
import { maskBlob } from '../../masking/blob.ts';
import { removeControlCharacters } from '../../masking/control-characters.ts';

/**
 * Masks any JSON-RPC message that comes from an MCP server, whatever its era: every member is masked but for those that the
 * protocol needs as they are. Unknown members and extensions are masked as JSON.
 */
export function maskMessage(message: JsonValue, masker: Masker): Masked<JsonValue> {
  return maskWith(message, { masker, schemas: cleanSchema, tokens: cleanToken });
}

/** Masks what a client sends, for the record and for approvers; the message that is forwarded is not touched. */
export function maskRequest(message: JsonValue, masker: Masker): Masked<JsonValue> {
  return maskWith(message, { masker, schemas: asItIs, tokens: asItIs });
}

interface Context {
  readonly masker: Masker;
  /** What becomes of JSON schemas: their structure is the protocol's, not data. */
  readonly schemas: (schema: JsonValue) => Masked<JsonValue>;
  /** What becomes of tokens that both sides compare. */
  readonly tokens: (token: string) => Masked<JsonValue>;
}

const asItIs = (value: JsonValue): Masked<JsonValue> => ({ value, applied: [] });

type Mask = (value: JsonValue) => JsonValue;
/** Members of the protocol that go their own way. */
type Ways = Readonly<Record<string, Mask>>;

const NOTHING: JsonObject = {};

/** Tokens that both sides compare: opaque, and changed they would break the protocol. Only scalars are kept. */
const OPAQUE = ['nextCursor', 'requestState', 'taskId', 'progressToken', 'requestId', 'elicitationId', 'subscriptionId', 'toolUseId', 'sessionId', 'streamId'];
const ENVELOPE = new Set(['jsonrpc', 'id', 'method']);
const BODY = new Set([...OPAQUE, 'protocolVersion', 'cursor']);
const BLOCK = new Set([...OPAQUE, 'type', 'mimeType', 'role']);
const TOOL_USE = new Set([...BLOCK, 'id', 'name']);
const TOOL = new Set([...OPAQUE, 'name']);
const CODE = new Set(['code']);
const META = new Set([...OPAQUE, 'io.modelcontextprotocol/protocolVersion', 'io.modelcontextprotocol/subscriptionId', 'traceparent', 'tracestate']);
/** Words that a reader looks up: what is none of them is searched like any text. */
const WORDS = new Set(['type', 'mimeType', 'role', 'method', 'code']);
const USUAL = new Set(['text', 'image', 'audio', 'resource', 'resource_link', 'text/plain', 'application/json', 'user', 'assistant']);

function maskWith(message: JsonValue, context: Context): Masked<JsonValue> {
  const walk = new Walk(context);
  const value = isJsonArray(message) ? mapItems(message, (item) => walk.envelope(item)) : walk.envelope(message);
  return { value, applied: walk.applied() };
}

/** One message on its way through the masker. */
class Walk {
  readonly #context: Context;
  readonly #applied: MaskApplied[] = [];

  constructor(context: Context) {
    this.#context = context;
  }

  applied(): readonly MaskApplied[] {
    return sum(this.#applied);
  }

  envelope(message: JsonValue): JsonValue {
    return this.#members(message, ENVELOPE, {
      params: (value) => this.#body(value),
      result: (value) => this.#body(value),
      error: (value) => this.#error(value),
    });
  }

  #error(error: JsonValue): JsonValue {
    return this.#members(error, CODE, { data: this.#json });
  }

  /** `params` and `result` of every method: the members' names mean the same wherever they occur. */
  #body(body: JsonValue): JsonValue {
    const items =
      (each: Mask): Mask =>
      (value) =>
        isJsonArray(value) ? mapItems(value, each) : this.#json(value);
    const nested: Mask = (value) => this.#body(value);
    return this.#members(body, BODY, {
      _meta: (value) => this.#meta(value),
      content: (value) => this.#content(value),
      contents: (value) => this.#blocks(value),
      messages: (value) => this.#blocks(value),
      structuredContent: this.#json,
      arguments: this.#json,
      data: this.#json,
      tools: items((tool) => this.#tool(tool)),
      task: nested,
      tasks: items(nested),
      result: nested,
      error: (value) => this.#error(value),
      requestedSchema: (value) => this.#schema(value),
      inputRequests: (value) => this.#each(value, (request) => this.envelope(request)),
      inputResponses: (value) => this.#each(value, nested),
    });
  }

  readonly #json: Mask = (value) => this.#take(this.#context.masker.json(value));

  #schema(schema: JsonValue): JsonValue {
    return this.#take(this.#context.schemas(schema));
  }

  /** Keys of the protocol's own namespace carry tokens; everything else in `_meta` is data. */
  #meta(meta: JsonValue): JsonValue {
    if (!isJsonObject(meta)) return this.#json(meta);
    return this.#members(meta, META, { 'io.modelcontextprotocol/related-task': (task) => this.#members(task, META, {}) });
  }

  #tool(tool: JsonValue): JsonValue {
    const schema: Mask = (value) => this.#schema(value);
    return this.#members(tool, TOOL, { inputSchema: schema, outputSchema: schema, _meta: (value) => this.#meta(value) });
  }

  /** Blocks of a result or a message; an elicitation's answer has a plain object here. */
  #content(content: JsonValue): JsonValue {
    if (isJsonArray(content)) return this.#blocks(content);
    return typeOf(content) === undefined ? this.#json(content) : this.#block(content, undefined);
  }

  /** The texts of all blocks are masked together, so that a value cut in two is found. */
  #blocks(blocks: JsonValue): JsonValue {
    if (!isJsonArray(blocks)) return this.#json(blocks);
    const texts = blocks.map(textOf);
    const masked = this.#take(this.#context.masker.texts(texts.filter((text) => text !== undefined)));
    let next = 0;
    return mapItems(blocks, (block, index) => this.#block(block, texts[index] === undefined ? undefined : masked[next++]));
  }

  /** One block, one resource or one message; `text` is its text, masked already. */
  #block(block: JsonValue, text: string | undefined): JsonValue {
    if (!isJsonObject(block)) return typeof block === 'string' && text !== undefined ? text : this.#json(block);
    const mimeType = typeof block['mimeType'] === 'string' ? block['mimeType'] : undefined;
    const blob: Mask = (value) => (typeof value === 'string' ? this.#take(maskBlob(value, mimeType, this.#context.masker)) : this.#json(value));
    const own = Object.hasOwn(block, 'text') && typeof block['text'] === 'string';
    return this.#members(block, /^tool_(?:use|call)$/.test(typeOf(block) ?? '') ? TOOL_USE : BLOCK, {
      text: (value) => (own && text !== undefined ? text : this.#json(value)),
      resource: (value) => this.#block(value, own ? undefined : text),
      content: (value) => (own || text === undefined || isJsonArray(value) ? this.#content(value) : this.#block(value, text)),
      _meta: (value) => this.#meta(value),
      structuredContent: this.#json,
      input: this.#json,
      blob,
      ...(isMedia(block) ? { data: blob } : {}),
    });
  }

  #each(value: JsonValue, mask: Mask): JsonValue {
    return isJsonObject(value) ? mapMembers(value, mask) : this.#json(value);
  }

  /**
   * An object of the protocol: `kept` scalars stay, named members go their own way, and all others are one JSON payload,
   * so that paths and key names work in them as anywhere.
   */
  #members(object: JsonValue, kept: ReadonlySet<string>, ways: Ways): JsonValue {
    if (!isJsonObject(object)) return this.#json(object);
    const keys = Object.keys(object);
    const before = othersOf(object, keys, kept, ways);
    const masked = before === undefined ? NOTHING : this.#json(before);
    const after = isJsonObject(masked) ? masked : NOTHING;
    const values: (JsonValue | undefined)[] = [];
    let same = before === undefined || after === before;
    for (const key of keys) {
      const own = before === undefined || !Object.hasOwn(before, key);
      // Left out where masking has renamed it.
      const value = own ? this.#member(object, key, ways) : Object.hasOwn(after, key) ? after[key] : undefined;
      values.push(value);
      same &&= value === object[key];
    }
    if (same) return object;
    const members = keys.flatMap((key, at): [string, JsonValue][] => (values[at] === undefined ? [] : [[key, values[at]]]));
    const renamed = Object.entries(after).filter(([key]) => !Object.hasOwn(object, key));
    return Object.fromEntries([...members, ...renamed]);
  }

  #member(object: JsonObject, key: string, ways: Ways): JsonValue {
    const value = object[key] ?? null;
    const way = Object.hasOwn(ways, key) ? ways[key] : undefined;
    return way ? way(value) : typeof value === 'string' ? this.#kept(key, value) : value;
  }

  #kept(key: string, value: string): JsonValue {
    if (key === 'jsonrpc' || key === 'id' || USUAL.has(value)) return value;
    return this.#take(WORDS.has(key) ? this.#context.masker.text(value) : this.#context.tokens(value));
  }

  #take<T>(masked: Masked<T>): T {
    this.#applied.push(...masked.applied);
    return masked.value;
  }
}

/** The text that a reader sees of a block, of an embedded resource, or of a message with one block. */
function textOf(block: JsonValue): string | undefined {
  if (typeof block === 'string') return block;
  if (!isJsonObject(block)) return undefined;
  if (Object.hasOwn(block, 'text') && typeof block['text'] === 'string') return block['text'];
  const inner = Object.hasOwn(block, 'resource') ? block['resource'] : Object.hasOwn(block, 'content') ? block['content'] : undefined;
  return isJsonObject(inner) ? textOf(inner) : typeof inner === 'string' ? inner : undefined;
}

function typeOf(block: JsonValue): string | undefined {
  if (!isJsonObject(block) || !Object.hasOwn(block, 'type')) return undefined;
  return typeof block['type'] === 'string' ? block['type'] : undefined;
}

const isMedia = (block: JsonValue): boolean => ['image', 'audio', 'video'].includes(typeOf(block) ?? '');

/** The members that the protocol does not need as they are; undefined where there are none, which is nearly always. */
function othersOf(object: JsonObject, keys: readonly string[], kept: ReadonlySet<string>, ways: Ways): JsonObject | undefined {
  let others: [string, JsonValue][] | undefined;
  for (const key of keys) {
    const value = object[key] ?? null;
    if (Object.hasOwn(ways, key) || (kept.has(key) && isScalar(value))) continue;
    (others ??= []).push([key, value]);
  }
  return others && Object.fromEntries(others);
}

function isScalar(value: JsonValue): boolean {
  return typeof value !== 'object' || value === null || value instanceof JsonNumber;
}

function cleanToken(token: string): Masked<JsonValue> {
  const { text, removed } = removeControlCharacters(token);
  return removed === 0 ? asItIs(token) : { value: text, applied: [{ by: 'control-characters', name: 'control-characters', count: removed }] };
}

/** Schemas are hashed and compared as they came; only what a reader cannot see is taken out of their strings. */
function cleanSchema(schema: JsonValue): Masked<JsonValue> {
  let removed = 0;
  const clean: Mask = (value) => {
    if (isJsonArray(value)) return mapItems(value, clean);
    if (isJsonObject(value)) return mapMembers(value, clean);
    if (typeof value !== 'string') return value;
    const cleaned = removeControlCharacters(value);
    removed += cleaned.removed;
    return cleaned.text;
  };
  const value = clean(schema);
  return { value, applied: removed === 0 ? [] : [{ by: 'control-characters', name: 'control-characters', count: removed }] };
}

/** The same array when no item changed. */
function mapItems(items: readonly JsonValue[], mask: (item: JsonValue, index: number) => JsonValue): readonly JsonValue[] {
  const masked = items.map(mask);
  return masked.every((item, index) => item === items[index]) ? items : masked;
}

/** The same object when no member changed. */
function mapMembers(object: JsonObject, mask: Mask): JsonObject {
  const entries = Object.entries(object).map(([key, value]): [string, JsonValue] => [key, mask(value)]);
  return entries.every(([key, value]) => object[key] === value) ? object : Object.fromEntries(entries);
}

function sum(applied: readonly MaskApplied[]): readonly MaskApplied[] {
  const sums = new Map<string, MaskApplied>();
  for (const one of applied) {
    const id = `${one.by} ${one.name}`;
    sums.set(id, { ...one, count: one.count + (sums.get(id)?.count ?? 0) });
  }
  return [...sums.values()];
}
