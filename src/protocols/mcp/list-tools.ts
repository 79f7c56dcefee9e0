import { member, type JsonObject, type JsonValue } from '../../core/json.ts';
import { subjectKey, type Subject } from '../../core/subject.ts';
import type { RpcMessage } from './codec.ts';
import type { McpSession } from './session-id.ts';
import type { UpstreamCall, UpstreamEvent } from './transport.ts';
import { ownMessage, type Upstream } from './upstream.ts';
import { MODERN_VERSION } from './versions.ts';

/** With the page that a caller asked for, a hundred. */
const MAX_PAGES = 99;
const ASK_MS = 20_000;

/** One page of a target's list of tools. */
export interface ListPage {
  readonly result: JsonValue | undefined;
  readonly listEnded: boolean;
}

type Take = (page: ListPage) => Promise<unknown>;

/** Whom the gateway asks, and for whom. */
interface Asking {
  readonly upstream: Upstream;
  readonly subject?: Subject;
  readonly owner?: string;
}

/** Walks the target's list: as a modern client first, then in a session of its own. */
export async function listTools(upstream: Upstream, learn: Take, subject: Subject | undefined): Promise<void> {
  const asking: Asking = { upstream, ...(subject ? { subject, owner: subjectKey(subject) } : {}) };
  if (await walk(asking, undefined, modernParams, modernHeaders, learn)) return;
  const session = await openSession(asking);
  try {
    await walk(
      asking,
      session,
      (cursor) => cursor,
      () => legacyHeaders(session.version),
      learn,
    );
  } finally {
    if (session.upstreamId !== '')
      await drain(upstream.ask('session/end', { ...call(asking, session, legacyHeaders(session.version)), verb: 'DELETE' })).catch(() => {});
  }
}

type Params = (cursor: JsonObject) => JsonObject;

async function walk(asking: Asking, session: McpSession | undefined, params: Params, headers: () => Record<string, string>, learn: Take): Promise<boolean> {
  let cursor: JsonValue | undefined;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const message = ownMessage({ jsonrpc: '2.0', id: page + 1, method: 'tools/list', params: params(cursor === undefined ? {} : { cursor }) });
    const { result } = await answer(asking.upstream.ask('tools/list', { ...call(asking, session, headers()), message }));
    if (!Array.isArray(member(result, 'tools'))) return false;
    cursor = member(result, 'nextCursor');
    const ended = typeof cursor !== 'string';
    await learn({ result, listEnded: ended || page === MAX_PAGES - 1 });
    if (ended) return true;
  }
  return true;
}

async function openSession(asking: Asking): Promise<McpSession> {
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: CLIENT_INFO };
  const message = ownMessage({ jsonrpc: '2.0', id: 0, method: 'initialize', params });
  const { result, sessionId } = await answer(asking.upstream.ask('initialize', { ...call(asking, undefined, {}), message }));
  const version = member(result, 'protocolVersion');
  const session: McpSession = { id: '', upstreamId: sessionId ?? '', version: typeof version === 'string' ? version : '2025-11-25', clientName: '' };
  const initialized = ownMessage({ jsonrpc: '2.0', method: 'notifications/initialized' });
  await drain(asking.upstream.ask('notifications/initialized', { ...call(asking, session, legacyHeaders(session.version)), message: initialized }));
  return session;
}

const CLIENT_INFO: JsonObject = { name: 'sallyport', version: '0.1.0' };

const modernParams: Params = (cursor) => ({
  ...cursor,
  _meta: {
    'io.modelcontextprotocol/protocolVersion': MODERN_VERSION,
    'io.modelcontextprotocol/clientInfo': CLIENT_INFO,
    'io.modelcontextprotocol/clientCapabilities': {},
  },
});

const modernHeaders = (): Record<string, string> => ({ 'mcp-protocol-version': MODERN_VERSION, 'mcp-method': 'tools/list' });

const legacyHeaders = (version: string): Record<string, string> => ({ 'mcp-protocol-version': version });

function call({ subject, owner }: Asking, session: McpSession | undefined, headers: Record<string, string>): Omit<UpstreamCall, 'message'> {
  return { verb: 'POST', headers, session, signal: AbortSignal.timeout(ASK_MS), ...(subject && owner !== undefined ? { subject, owner } : {}) };
}

/** The result of the gateway's own request; undefined where the target answered with an error. */
async function answer(events: AsyncIterable<UpstreamEvent>): Promise<{ result: JsonValue | undefined; sessionId: string | undefined }> {
  let sessionId: string | undefined;
  for await (const event of events) {
    if (event.kind === 'head') sessionId = event.sessionId;
    else if (event.kind === 'message' && event.message.kind === 'response') return { result: resultOf(event.message), sessionId };
  }
  return { result: undefined, sessionId };
}

function resultOf(message: Extract<RpcMessage, { kind: 'response' }>): JsonValue | undefined {
  return message.error ? undefined : member(message.message, 'result');
}

async function drain(events: AsyncIterable<UpstreamEvent>): Promise<void> {
  for await (const _event of events) continue;
}
