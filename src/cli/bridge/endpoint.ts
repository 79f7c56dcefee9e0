import { Agent, request, type Dispatcher } from 'undici';
import { SallyportError } from '../../core/error.ts';
import { readBounded } from '../../network/read-bounded.ts';
import { SseParser, type SseEvent } from '../../protocols/mcp/sse.ts';
import type { TargetTokens } from './target-tokens.ts';

export interface Sent {
  readonly method: 'POST' | 'GET' | 'DELETE';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
}

export interface EndpointReply {
  readonly status: number;
  readonly sessionId: string | undefined;
  readonly kind: 'json' | 'events' | 'other';
  /** All of it; what is longer than a reply may be is an error. */
  text(): Promise<string>;
  events(): AsyncIterable<SseEvent>;
}

/** One target of a gateway, over Streamable HTTP. */
export interface Endpoint {
  /** Throws `upstream_unreachable` where nobody answers, and what `TargetTokens` throws. */
  send(sent: Sent): Promise<EndpointReply>;
  close(): Promise<void>;
}

/** The gateway's own limit of a reply, and room for what masking adds. */
const MAX_REPLY = 64 << 20;

export function openEndpoint(url: string, tokens: TargetTokens): Endpoint {
  // Calls may wait for people, and streams for news: the gateway says when they end.
  const agent = new Agent({ headersTimeout: 0, bodyTimeout: 0, connect: { timeout: 10_000 } });

  async function attempt({ method, headers, body, signal }: Sent, token: string): Promise<Dispatcher.ResponseData> {
    const all = {
      accept: 'application/json, text/event-stream',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
      authorization: `Bearer ${token}`,
    };
    try {
      return await request(url, { dispatcher: agent, method, headers: all, signal, ...(body === undefined ? {} : { body }) });
    } catch (cause) {
      if (signal.aborted) throw cause;
      throw new SallyportError('upstream_unreachable', `the gateway at ${new URL(url).origin} cannot be reached`, { cause });
    }
  }

  return {
    async send(sent) {
      const token = await tokens.current();
      const first = await attempt(sent, token);
      if (first.statusCode !== 401) return replyOf(first);
      // Taken back, or of a gateway that has begun anew: one more, and then the answer is the answer.
      await first.body.dump();
      return replyOf(await attempt(sent, await tokens.renew(token)));
    },
    close: () => agent.destroy(),
  };
}

function replyOf({ statusCode, headers, body }: Dispatcher.ResponseData): EndpointReply {
  const type = String(headers['content-type'] ?? '').toLowerCase();
  const session = headers['mcp-session-id'];
  return {
    status: statusCode,
    sessionId: typeof session === 'string' ? session : undefined,
    kind: type.startsWith('application/json') ? 'json' : type.startsWith('text/event-stream') ? 'events' : 'other',
    text: async () => (await readBounded(body, MAX_REPLY)).toString('utf8'),
    events: () => readEvents(body),
  };
}

async function* readEvents(body: AsyncIterable<Uint8Array>): AsyncIterable<SseEvent> {
  const parser = new SseParser(MAX_REPLY);
  const decoder = new TextDecoder();
  for await (const chunk of body) yield* parser.push(decoder.decode(chunk, { stream: true }));
}
