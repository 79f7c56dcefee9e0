/** What is sent and answered: one tool for each shape of reply, so that the target need not read the request. */
export const SHAPES = ['clean', 'hits', 'large', 'stream'] as const;
export type Shape = (typeof SHAPES)[number];

const REQUEST_BYTES = 1024;
const ROWS: Readonly<Record<Shape, number>> = { clean: 6, hits: 6, large: 3190, stream: 6 };
const CHUNKS = 4;

export const toolOf = (shape: Shape): string => `read_${shape}`;

/** A whole HTTP request: 1 KB of JSON-RPC behind the headers that a client sends. */
export function requestBytes(port: number, path: string, shape: Shape, token: string): Buffer {
  const body = JSON.stringify(requestMessage(shape));
  const head = [
    `POST ${path} HTTP/1.1`,
    `host: 127.0.0.1:${port}`,
    `authorization: Bearer ${token}`,
    'content-type: application/json',
    'accept: application/json, text/event-stream',
    'mcp-protocol-version: 2026-07-28',
    'mcp-method: tools/call',
    `mcp-name: ${toolOf(shape)}`,
    'user-agent: sallyport-bench',
    `content-length: ${Buffer.byteLength(body)}`,
  ];
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`);
}

function requestMessage(shape: Shape): object {
  const fill = 'the models of the spring set that were reviewed by two people and are not archived yet, newest first; '.repeat(9);
  const empty = JSON.stringify(messageWith(shape, ''));
  return messageWith(shape, fill.slice(0, REQUEST_BYTES - empty.length));
}

function messageWith(shape: Shape, question: string): object {
  const meta = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientInfo': { name: 'sallyport-bench', version: '1.0.0' },
    'io.modelcontextprotocol/clientCapabilities': {},
    progressToken: 'p1',
  };
  const args = {
    table: 'models',
    columns: ['id', 'name', 'status', 'owner'],
    filter: { status: ['deployed', 'archived'], since: '2026-03-01' },
    limit: 50,
    question,
  };
  return { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: toolOf(shape), arguments: args, _meta: meta } };
}

/** Rows as text, as servers send them to every client, and as structured content beside it. */
export function replyText(shape: Shape): string {
  const rows = Array.from({ length: ROWS[shape] }, (_, index) => (shape === 'hits' ? rowWithHits(index) : cleanRow(index)));
  const structuredContent = { rows };
  return JSON.stringify({
    jsonrpc: '2.0',
    id: 1,
    result: { resultType: 'complete', content: [{ type: 'text', text: JSON.stringify(structuredContent) }], structuredContent },
  });
}

/** The events of a streamed reply, one write each: progress, then the answer. */
export function replyEvents(): readonly string[] {
  const progress = Array.from({ length: CHUNKS }, (_, index) => ({
    jsonrpc: '2.0',
    method: 'notifications/progress',
    params: { progressToken: 'p1', progress: index + 1, total: CHUNKS, message: `read ${index + 1} of ${CHUNKS} parts` },
  }));
  return [...progress.map((message) => JSON.stringify(message)), replyText('stream')].map((data) => `event: message\ndata: ${data}\n\n`);
}

/** The answer to `tools/list`, which the gateway asks for before the first call. */
export function toolList(id: number): string {
  const inputSchema = {
    type: 'object',
    properties: {
      table: { type: 'string' },
      columns: { type: 'array', items: { type: 'string' } },
      filter: { type: 'object' },
      limit: { type: 'integer', minimum: 1, maximum: 1000 },
      question: { type: 'string', maxLength: 2000 },
    },
    required: ['table', 'limit'],
    additionalProperties: false,
  };
  const tools = SHAPES.map((shape) => ({ name: toolOf(shape), description: `Rows of a table (${shape})`, inputSchema }));
  return JSON.stringify({ jsonrpc: '2.0', id, result: { resultType: 'complete', tools } });
}

function cleanRow(index: number): object {
  return {
    id: 4100 + index,
    name: `model-${index}`,
    status: index % 3 === 0 ? 'deployed' : 'archived',
    created: `2026-03-${10 + (index % 20)}T08:15:30Z`,
    note: 'trained once, reviewed by two people',
    owner: 'team-vision',
  };
}

function rowWithHits(index: number): object {
  return {
    id: 4100 + index,
    name: `customer ${index}`,
    email: `ada${index}@example.org`,
    note: 'paid with 4929722653797141 some weeks ago',
    ssn: `536-22-77${40 + index}`,
    api_key: 'none',
  };
}
