/** A gateway with an upstream of the test's own, and a client that writes its bytes itself: what attacks are made of. */
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startGateway } from '../../src/gateway/main.ts';
import { createAccounts } from '../support/accounts.ts';
import { ISSUER_KINDS, startIssuer, type Issuer } from '../support/issuer.ts';
import { freePort, listen } from '../support/listen.ts';
import { sendBytes, type Heard } from './wire.ts';

/** What arrived at the target. */
export interface Arrived {
  readonly path: string;
  readonly verb: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  readonly method: string;
}

/** Answers one call of the target; `id` is the text of the request's id. */
export type Script = (response: ServerResponse, about: { readonly id: string; readonly body: string; readonly request: IncomingMessage }) => void;

export interface Bench {
  readonly url: string;
  readonly port: number;
  readonly folder: string;
  /** The credential that the gateway injects at the target. */
  readonly secret: string;
  readonly issuer: Issuer;
  /** The calls that reached the target; what the gateway asks for itself is not among them. */
  readonly arrived: Arrived[];
  readonly tools: Map<string, object>;
  /** How the next calls of a method are answered; without a script they succeed. */
  readonly scripts: Map<string, Script>;
  token(name: string, target?: string): Promise<string>;
  send(bytes: string | Buffer, waitMs?: number): Promise<Heard>;
  /** One POST to `/mcp/<target>`, whole and true but for what `parts` replaces. */
  request(parts: RequestParts): Promise<string>;
  close(): Promise<void>;
}

export interface RequestParts {
  readonly method?: string;
  readonly params?: object;
  readonly id?: unknown;
  readonly era?: 'legacy' | 'modern';
  /** Replaces the JSON that is made of the above. */
  readonly body?: string;
  /** Undefined leaves a header out; a list sends it several times. */
  readonly headers?: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly name?: string;
  readonly token?: string | undefined;
  readonly path?: string;
  readonly line?: string;
}

const MODERN = '2026-07-28';
export const META = {
  'io.modelcontextprotocol/protocolVersion': MODERN,
  'io.modelcontextprotocol/clientInfo': { name: 'attacks', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': {},
};

const ASKED_BY_GATEWAY = new Set(['initialize', 'notifications/initialized', 'tools/list']);
const PASSWORD = 'correct horse battery staple';

export async function startBench({ rules = RULES, masks = MASKS }: { rules?: readonly object[]; masks?: readonly object[] } = {}): Promise<Bench> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-attacks-'));
  const secret = `target-${randomBytes(12).toString('hex')}`;
  const variable = `ATTACKS_${randomBytes(4).toString('hex').toUpperCase()}`;
  process.env[variable] = secret;
  const arrived: Arrived[] = [];
  const tools = new Map(Object.entries(TOOLS));
  const scripts = new Map<string, Script>();
  const upstream = await listen(createServer((request, response) => void answer({ request, response, arrived, tools, scripts })));
  const issuer = await startIssuer();
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  await mkdir(join(folder, 'resources'));
  const target = (name: string): object => ({
    kind: 'Target',
    name,
    protocol: 'mcp',
    address: `http://127.0.0.1:${upstream.port}/${name}`,
    credential: { header: { name: 'x-api-key', value: { env: variable } } },
    owners: ['person:owner'],
  });
  const policy = { kind: 'Policy', name: 'attacks', targets: ['lab'], masks, rules };
  const other = {
    kind: 'Policy',
    name: 'others',
    targets: ['vault'],
    rules: [{ name: 'bob-only', subjects: ['person:bob'], allow: ['tools/*', 'resources/*'] }],
  };
  await writeFile(join(folder, 'resources', 'all.yaml'), [target('lab'), target('vault'), policy, other].map((each) => JSON.stringify(each)).join('\n---\n'));
  const issuers = ISSUER_KINDS.map((kind) => ({ issuer: issuer.url(kind), audience: url, claims: { id: 'sub', name: 'name', groups: 'groups' }, kind }));
  const file = join(folder, 'sallyport.yaml');
  const config = { url, listen: { http: `127.0.0.1:${port}` }, data: join(folder, 'data'), identity: { issuers }, resources: join(folder, 'resources') };
  await writeFile(file, JSON.stringify(config));
  const people = ['alice', 'bob', 'owner', 'lead'].map((name) => ({
    name,
    kind: 'person' as const,
    groups: name === 'lead' ? ['leads'] : [],
    password: PASSWORD,
  }));
  await createAccounts(join(folder, 'data'), people);
  const gateway = await startGateway({ config: file });

  const bench: Bench = {
    url,
    port,
    folder,
    secret,
    issuer,
    arrived,
    tools,
    scripts,
    token: (name, at = 'lab') => issuer.token({ sub: name, groups: ['staff'], aud: `${url}/mcp/${at}` }),
    send: (bytes, waitMs) => sendBytes(port, bytes, waitMs),
    request: async (parts) => requestText(parts, port, 'token' in parts ? parts.token : await bench.token('alice')),
    async close() {
      await gateway.close();
      await Promise.all([upstream.close(), issuer.close()]);
      delete process.env[variable];
      await rm(folder, { recursive: true, force: true });
    },
  };
  return bench;
}

const TOOLS: Readonly<Record<string, object>> = {
  look: { type: 'object', properties: { city: { type: 'string' } } },
  strict: { type: 'object', properties: { id: { type: ['integer', 'string'] } }, required: ['id'], additionalProperties: false },
  route: {
    type: 'object',
    properties: {
      region: { type: 'string', 'x-mcp-header': 'Region' },
      count: { type: 'integer', 'x-mcp-header': 'Count' },
      dry: { type: 'boolean', 'x-mcp-header': 'Dry' },
    },
  },
  remove: { type: 'object', properties: { id: { type: 'integer' } } },
  shell: { type: 'object', properties: { cmd: { type: 'string' } } },
};

const RULES: readonly object[] = [
  {
    name: 'staff',
    subjects: ['group:staff'],
    allow: [
      'tools/list',
      'tools/call look',
      'tools/call strict',
      'tools/call route',
      'resources/read file:///open/**',
      'resources/list',
      'completion/complete',
    ],
  },
  { name: 'held', subjects: ['group:staff'], review: ['tools/call remove'], approval: { from: ['group:leads'] } },
  { name: 'secret-is-shut', deny: ['resources/read file:///open/shut/**', 'tools/call shell'] },
];
const MASKS: readonly object[] = [{ detect: ['email', 'credit-card', 'us-ssn', 'secret'] }];

interface Serving {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly arrived: Arrived[];
  readonly tools: ReadonlyMap<string, object>;
  readonly scripts: ReadonlyMap<string, Script>;
}

async function answer({ request, response, arrived, tools, scripts }: Serving): Promise<void> {
  const chunks: Buffer[] = [];
  request.on('error', () => {});
  response.on('error', () => {});
  for await (const chunk of request) chunks.push(chunk as Buffer); // an IncomingMessage yields buffers unless told otherwise
  const body = Buffer.concat(chunks).toString();
  const method = /"method"\s*:\s*"([^"]*)"/.exec(body)?.[1] ?? '';
  const own = ASKED_BY_GATEWAY.has(method) && body.includes('"name":"sallyport"');
  if (!own) arrived.push({ path: request.url ?? '', verb: request.method ?? '', headers: request.headers, body, method });
  const id = /"id"\s*:\s*("(?:[^"\\]|\\.)*"|-?\d+)/.exec(body)?.[1] ?? 'null';
  const script = own ? undefined : (scripts.get(method) ?? scripts.get(request.method ?? ''));
  if (script) return script(response, { id, body, request });
  if (request.method !== 'POST') return void response.writeHead(405).end();
  if (id === 'null') return void response.writeHead(202).end();
  reply(response, id, resultOf(method, tools));
}

export function reply(response: ServerResponse, id: string, result: object): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(`{"jsonrpc":"2.0","id":${id},"result":${JSON.stringify(result)}}`);
}

function resultOf(method: string, tools: ReadonlyMap<string, object>): object {
  const complete = { resultType: 'complete' };
  switch (method) {
    case 'initialize':
      return { protocolVersion: '2025-11-25', capabilities: {}, serverInfo: { name: 'lab', version: '1' } };
    case 'tools/list':
      return { ...complete, ttlMs: 0, cacheScope: 'private', tools: [...tools].map(([name, inputSchema]) => ({ name, description: name, inputSchema })) };
    case 'resources/read':
      return { ...complete, ttlMs: 0, cacheScope: 'private', contents: [{ uri: 'file:///open/a.txt', text: 'a' }] };
    default:
      return { ...complete, content: [{ type: 'text', text: 'fine' }] };
  }
}

function requestText(parts: RequestParts, port: number, token: string | undefined): string {
  const { method = 'tools/call', era = 'modern', id = 1, name, path = '/mcp/lab' } = parts;
  const params = { ...parts.params, ...(name === undefined ? {} : { name }), ...(era === 'modern' ? { _meta: META } : {}) };
  const body = parts.body ?? JSON.stringify({ jsonrpc: '2.0', id, method, params });
  const about = name ?? ('uri' in params ? String(params.uri) : undefined);
  const modern = { 'MCP-Protocol-Version': MODERN, 'Mcp-Method': method, ...(about === undefined ? {} : { 'Mcp-Name': headerText(about) }) };
  const headers: Record<string, string | readonly string[] | undefined> = {
    Host: `127.0.0.1:${port}`,
    ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
    Accept: 'application/json, text/event-stream',
    'Content-Type': 'application/json',
    'Content-Length': String(Buffer.byteLength(body)),
    ...(era === 'modern' ? modern : {}),
    ...parts.headers,
  };
  const lines = Object.entries(headers).flatMap(([key, value]) => (value === undefined ? [] : [value].flat().map((each) => `${key}: ${each}`)));
  return `${parts.line ?? `POST ${path} HTTP/1.1`}\r\n${lines.join('\r\n')}\r\n\r\n${body}`;
}

function headerText(value: string): string {
  return /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(value) ? value : `=?base64?${Buffer.from(value).toString('base64')}?=`;
}
