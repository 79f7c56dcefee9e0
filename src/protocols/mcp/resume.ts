import type { Approvals } from '../../core/approval.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Gate } from '../../core/gate.ts';
import type { RpcId } from './codec.ts';
import type { McpHeaders } from './headers.ts';
import type { OwnTask } from './own-task.ts';
import type { Responder } from './responder.ts';

const PARAM = 'mcp-param-';

/** The headers that came with the call of a task, as they were then. */
export function headersOf({ headers }: OwnTask): McpHeaders {
  const params = Object.entries(headers).flatMap(([name, value]): [string, string][] => (name.startsWith(PARAM) ? [[name.slice(PARAM.length), value]] : []));
  return {
    version: headers['mcp-protocol-version'],
    method: headers['mcp-method'],
    name: headers['mcp-name'],
    sessionId: undefined,
    lastEventId: undefined,
    params: new Map(params),
  };
}

/** The gate of a task that is resumed: it runs under the approval that is its own, and under nothing that people agreed to ahead. */
export function gateOf(gate: Gate): Gate {
  const all = gate.approvals;
  const approvals: Approvals = {
    request: (ask) => all.request(ask),
    get: (id) => all.get(id),
    settled: (id, signal) => all.settled(id, signal),
    execute: (id, intent) => all.execute(id, intent),
    consume: (id, result) => all.consume(id, result),
    lose: (id) => all.lose(id),
  };
  return { ...gate, approvals };
}

/** Why a granted call is not run after all, in the words of its result. */
export function notRun(id: RpcId, task: OwnTask, what: string): JsonObject {
  const text = `DENIED. Not executed. ${what} while this command waited: call again to have it decided anew.`;
  return {
    jsonrpc: '2.0',
    id,
    result: { ...(task.era === 'modern' ? { resultType: 'complete' } : {}), content: [{ type: 'text', text }], isError: true },
  };
}

/** Where nobody is on the line. */
export function nobody(): Responder {
  return {
    left: new AbortController().signal,
    streaming: false,
    startStream: () => {},
    event: async () => {},
    comment: () => {},
    reply: async () => {},
    empty: () => {},
    end: () => {},
  };
}
