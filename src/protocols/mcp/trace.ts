import type { IncomingMessage } from 'node:http';
import type { TraceContext } from '../../core/steps.ts';
import { member } from '../../core/json.ts';
import { readTraceContext } from '../../core/trace-context.ts';
import { metaOf, type RpcMessage } from './codec.ts';

/** The trace that a caller is in: what the message itself says, as MCP reserves it in `_meta`, else what its HTTP request says. */
export function callerTrace(message: RpcMessage | undefined, request: IncomingMessage): TraceContext | undefined {
  const meta = message && message.kind !== 'response' ? metaOf(message.params) : undefined;
  const own = meta && readTraceContext({ traceparent: member(meta, 'traceparent'), tracestate: member(meta, 'tracestate') });
  return own ?? readTraceContext(traceHeaders(request));
}

export function traceHeaders({ headers }: IncomingMessage): { readonly traceparent: unknown; readonly tracestate: unknown } {
  return { traceparent: headers['traceparent'], tracestate: headers['tracestate'] };
}
