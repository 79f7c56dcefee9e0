/** What masking makes of each member that the protocol defines, by the object that holds it. */
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import { hasText } from './block-text.ts';
import { mapItems, mapValues } from './map-values.ts';

/** One message on its way through the masker. */
export interface Walk {
  json(value: JsonValue): JsonValue;
  envelope(message: JsonValue): JsonValue;
  error(error: JsonValue): JsonValue;
  body(body: JsonValue): JsonValue;
  meta(meta: JsonValue): JsonValue;
  relatedTask(task: JsonValue): JsonValue;
  schema(schema: JsonValue): JsonValue;
  tool(tool: JsonValue): JsonValue;
  structured(value: JsonValue): JsonValue;
  /** `body` is what holds them, where that may have structured content. */
  content(content: JsonValue, body: JsonObject | undefined): JsonValue;
  blocks(blocks: JsonValue, body: JsonObject | undefined): JsonValue;
  /** `text` is its text, masked already. */
  block(block: JsonValue, text: string | undefined): JsonValue;
  blob(value: JsonValue, mimeType: JsonValue | undefined): JsonValue;
}

/** The object whose members are masked; of a block also its text, masked already. */
export interface Owner {
  readonly object: JsonObject;
  readonly text: string | undefined;
}

/** What becomes of one member of an object of the protocol. */
type Way = (walk: Walk, value: JsonValue, owner: Owner) => JsonValue;
/** The members of an object that do not go with all others. */
export type Ways = ReadonlyMap<string, Way>;

/** Stands for the way of a scalar that the protocol needs as it is; what is no scalar goes with all others. */
export const kept: Way = (_walk, value) => value;
const keep = (...keys: readonly string[]): readonly (readonly [string, Way])[] => keys.map((key) => [key, kept]);
const go = (ways: Readonly<Record<string, Way>>): readonly (readonly [string, Way])[] => Object.entries(ways);

const asJson: Way = (walk, value) => walk.json(value);
const asMeta: Way = (walk, value) => walk.meta(value);
const asBody: Way = (walk, value) => walk.body(value);
const asSchema: Way = (walk, value) => walk.schema(value);
const asError: Way = (walk, value) => walk.error(value);
const asBlocks: Way = (walk, value) => walk.blocks(value, undefined);
const asBlob: Way = (walk, value, { object }) => walk.blob(value, object['mimeType']);
const itemsOf =
  (way: (walk: Walk, item: JsonValue) => JsonValue): Way =>
  (walk, value) =>
    isJsonArray(value) ? mapItems(value, (item) => way(walk, item)) : walk.json(value);
const membersOf =
  (way: (walk: Walk, value: JsonValue) => JsonValue): Way =>
  (walk, value) =>
    isJsonObject(value) ? mapValues(value, (item) => way(walk, item)) : walk.json(value);

/** Tokens that both sides compare: opaque, and changed they would break the protocol. Only scalars are kept. */
const OPAQUE = ['nextCursor', 'requestState', 'taskId', 'progressToken', 'requestId', 'elicitationId', 'subscriptionId', 'toolUseId', 'sessionId', 'streamId'];

export const ENVELOPE: Ways = new Map([...keep('jsonrpc', 'id', 'method'), ...go({ params: asBody, result: asBody, error: asError })]);
export const ERROR: Ways = new Map([...keep('code'), ...go({ data: asJson })]);
/** `params` and `result` of every method: the members' names mean the same wherever they occur. */
export const BODY: Ways = new Map([
  ...keep(...OPAQUE, 'protocolVersion', 'cursor'),
  ...go({
    _meta: asMeta,
    content: (walk, value, { object }) => walk.content(value, object),
    contents: asBlocks,
    messages: asBlocks,
    structuredContent: (walk, value) => walk.structured(value),
    arguments: asJson,
    data: asJson,
    tools: itemsOf((walk, tool) => walk.tool(tool)),
    task: asBody,
    tasks: itemsOf((walk, task) => walk.body(task)),
    result: asBody,
    error: asError,
    requestedSchema: asSchema,
    inputRequests: membersOf((walk, request) => walk.envelope(request)),
    inputResponses: membersOf((walk, response) => walk.body(response)),
  }),
]);
export const RELATED_TASK: Ways = new Map(
  keep(...OPAQUE, 'io.modelcontextprotocol/protocolVersion', 'io.modelcontextprotocol/subscriptionId', 'traceparent', 'tracestate'),
);
export const META: Ways = new Map([...RELATED_TASK, ...go({ 'io.modelcontextprotocol/related-task': (walk, task) => walk.relatedTask(task) })]);
export const TOOL: Ways = new Map([...keep(...OPAQUE, 'name'), ...go({ inputSchema: asSchema, outputSchema: asSchema, _meta: asMeta })]);
/** One block, one resource or one message. */
const BLOCK: Ways = new Map([
  ...keep(...OPAQUE, 'type', 'mimeType', 'role'),
  ...go({
    text: (walk, value, { object, text }) => (text !== undefined && hasText(object) ? text : walk.json(value)),
    resource: (walk, value, { object, text }) => walk.block(value, hasText(object) ? undefined : text),
    content: (walk, value, { object, text }) =>
      text === undefined || hasText(object) || isJsonArray(value) ? walk.content(value, undefined) : walk.block(value, text),
    _meta: asMeta,
    structuredContent: asJson,
    input: asJson,
    blob: asBlob,
  }),
]);
const TOOL_USE: Ways = new Map([...BLOCK, ...keep('id', 'name')]);
const MEDIA: Ways = new Map([...BLOCK, ...go({ data: asBlob })]);

/** Of a block by its type. */
export function waysOf(type: string | undefined): Ways {
  if (type === 'tool_use' || type === 'tool_call') return TOOL_USE;
  return type === 'image' || type === 'audio' || type === 'video' ? MEDIA : BLOCK;
}
