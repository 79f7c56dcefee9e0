import { isSallyportError, SallyportError } from '../../core/error.ts';
import { member, writeJson, type JsonValue } from '../../core/json.ts';
import { idText, type RpcRequest } from '../../protocols/mcp/codec.ts';
import { jsonOrNull, type ClientLines } from './client-lines.ts';
import type { EndpointReply } from './endpoint.ts';
import type { LegacySession } from './legacy-session.ts';
import type { ToolHeaders } from './tool-headers.ts';

export interface Relay {
  /** What a reply holds, on its way to the client. True once the request's own answer was among it; `noteEvent` hears the ids of what went by. */
  pass(reply: EndpointReply, request: RpcRequest, noteEvent?: (id: string) => void): Promise<boolean>;
}

/** What the answers tell of sessions and tools is noted in passing. */
export function createRelay(lines: ClientLines, session: LegacySession, tools: ToolHeaders): Relay {
  async function passText(text: string, status: number, request: RpcRequest): Promise<boolean> {
    const value = jsonOrNull(text);
    if (member(value, 'jsonrpc') !== '2.0') throw refusedBy(status, value);
    // What was refused before it was read has no id: the client knows only its own.
    const own = member(value, 'id') === null ? writeJson({ ...(value as object), id: request.id }) : text;
    answers(own, request);
    await lines.send(own);
    return true;
  }

  /** Whether this is the answer. */
  function answers(text: string, { id, method }: RpcRequest): boolean {
    if (method !== 'initialize' && method !== 'tools/list' && !text.includes('"id"')) return false;
    const value = jsonOrNull(text);
    if (member(value, 'method') !== undefined || writeJson(member(value, 'id') ?? null) !== idText(id)) return false;
    const result = member(value, 'result');
    if (method === 'initialize') session.agreed(member(result, 'protocolVersion'));
    if (method === 'tools/list') tools.note(member(result, 'tools'));
    return true;
  }

  return {
    async pass(reply, request, noteEvent = () => {}) {
      if (reply.kind !== 'events') return passText(await reply.text(), reply.status, request);
      let answered = false;
      try {
        for await (const event of reply.events()) {
          if (event.id !== undefined) noteEvent(event.id);
          if (event.retry !== undefined) session.waits(event.retry);
          if (event.data === '') continue;
          answered = answers(event.data, request) || answered;
          await lines.send(event.data);
        }
      } catch (error) {
        // What was cut off is told by what is missing; too large an event is an error of its own.
        if (isSallyportError(error)) throw error;
      }
      return answered;
    },
  };
}

/** What is no message is the gateway's own word, or somebody's before it. */
function refusedBy(status: number, value: JsonValue): SallyportError {
  const said = member(member(value, 'error'), 'message') ?? member(value, 'error_description');
  const reason = typeof said === 'string' ? said.slice(0, 300) : `the gateway answered with status ${status}`;
  if (status === 401) return new SallyportError('unauthenticated', reason, { hint: 'sallyport login' });
  return new SallyportError(status === 404 ? 'not_found' : 'upstream_invalid', reason, {
    hint: status === 404 ? '`sallyport whoami` names the targets in reach' : 'is this the address of a gateway?',
  });
}
