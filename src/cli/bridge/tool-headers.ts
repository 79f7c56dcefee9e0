import { isJsonArray, isJsonObject, member, writeJson, type JsonObject, type JsonValue } from '../../core/json.ts';
import { readMessage, type RpcRequest } from '../../protocols/mcp/codec.ts';
import { markedHeaders } from '../../protocols/mcp/marked-headers.ts';
import { modernHeaders, type MarkedArguments } from '../../protocols/mcp/write-headers.ts';

const MAX_PAGES = 100;
const NONE: MarkedArguments = new Map();

/** Which arguments of which tool travel in headers, too: known from the lists that went by, and asked for where none did. */
export class ToolHeaders {
  readonly #ask: (body: string, headers: Readonly<Record<string, string>>) => Promise<JsonValue>;
  readonly #known = new Map<string, MarkedArguments>();

  constructor(ask: (body: string, headers: Readonly<Record<string, string>>) => Promise<JsonValue>) {
    this.#ask = ask;
  }

  /** Tools as a list has them. */
  note(tools: JsonValue | undefined): void {
    if (!isJsonArray(tools)) return;
    for (const tool of tools) {
      const [name, schema] = [member(tool, 'name'), member(tool, 'inputSchema')];
      if (typeof name === 'string' && isJsonObject(schema)) this.#known.set(name, markedHeaders(schema) ?? NONE);
    }
  }

  async of(request: RpcRequest): Promise<MarkedArguments> {
    const name = member(request.params, 'name');
    if (request.method !== 'tools/call' || typeof name !== 'string') return NONE;
    if (!this.#known.has(name)) await this.#list(request);
    return this.#known.get(name) ?? NONE;
  }

  /** With the `_meta` of the call, so that it is the same client that asks. */
  async #list({ params }: RpcRequest): Promise<void> {
    const meta = member(params, '_meta') ?? null;
    let cursor: JsonValue | undefined;
    for (let page = 0; page < MAX_PAGES; page += 1) {
      const message: JsonObject = {
        jsonrpc: '2.0',
        id: `sallyport-${page}`,
        method: 'tools/list',
        params: { _meta: meta, ...(cursor === undefined ? {} : { cursor }) },
      };
      const read = readMessage(message);
      const result = read.kind === 'response' ? undefined : member(await this.#ask(writeJson(message), modernHeaders(read)), 'result');
      this.note(member(result, 'tools'));
      cursor = member(result, 'nextCursor');
      if (typeof cursor !== 'string') return;
    }
  }
}
