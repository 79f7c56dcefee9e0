import type { Approvals } from '../../core/approval.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Gate } from '../../core/gate.ts';
import { passCommand } from '../../core/pipeline.ts';
import type { Ask } from './ask.ts';
import type { RpcId } from './codec.ts';
import { McpExchange } from './exchange.ts';
import type { McpHeaders } from './headers.ts';
import { isSameCall, type OwnTask } from './own-task.ts';
import type { Responder } from './responder.ts';
import type { McpContext, TargetSide } from './side.ts';
import { understand } from './understand.ts';

const PARAM = 'mcp-param-';

/** Runs what a task is of, where people said yes and no process has it in hand: the one that had was ended. */
export async function resume(poll: Ask, task: OwnTask, side: TargetSide, context: McpContext): Promise<void> {
  const end = context.tasks.begin(task.approval);
  const { session } = poll;
  const { era, request: message, approval: id } = task;
  try {
    const understood = await understand({ message, era, session, headers: headersOf(task), side, gate: context.gate });
    if ('problem' in understood || !isSameCall(task, understood.command)) return end(notRun(id, task, "the tool's definition changed"));
    const { command } = understood;
    const [now, then] = [context.gate.decide(session, command), (await context.gate.approvals.get(id))?.decision];
    if (now.policyVersion !== then?.policyVersion) return end(notRun(id, task, 'the policy changed'));
    const { round: _round, ...rest } = poll;
    const ask: Ask = {
      ...rest,
      steps: undefined,
      message,
      bytes: undefined,
      command,
      era,
      headers: task.headers,
      responder: nobody(),
      resumes: { approval: id, end },
    };
    await context.sessions.during(session, () => passCommand(gateOf(context.gate), new McpExchange(ask, side, context)));
  } catch {
    // The target could not be asked what the tool is: the next time that somebody asks, it is tried again.
  } finally {
    end();
  }
}

/** The headers that came with the call of a task, as they were then. */
function headersOf({ headers }: OwnTask): McpHeaders {
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
function gateOf(gate: Gate): Gate {
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
function notRun(id: RpcId, task: OwnTask, what: string): JsonObject {
  const text = `DENIED. Not executed. ${what} while this command waited: call again to have it decided anew.`;
  return {
    jsonrpc: '2.0',
    id,
    result: { ...(task.era === 'modern' ? { resultType: 'complete' } : {}), content: [{ type: 'text', text }], isError: true },
  };
}

/** Where nobody is on the line. */
function nobody(): Responder {
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
