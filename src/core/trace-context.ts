import type { TraceContext } from './steps.ts';

/** Later versions may append members; the first four stay as they are. */
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-[\x21-\x7e]{0,200})?$/;
const MAX_TRACESTATE = 1024;
const MAX_MEMBERS = 32;
/** One member of `tracestate`: a key, and a value of printable ASCII without comma and equals sign. */
const MEMBER = /^[a-z0-9][a-z0-9_\-*/@]{0,255}=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/;

/**
 * What somebody sent as trace context, where it is one; a state without a usable parent, or one that is too long or not
 * well-formed, is dropped. https://www.w3.org/TR/trace-context/
 */
export function readTraceContext(sent: { readonly traceparent?: unknown; readonly tracestate?: unknown }): TraceContext | undefined {
  const { traceparent, tracestate } = sent;
  if (typeof traceparent !== 'string' || traceparent.length > 256 || !TRACEPARENT.test(traceparent)) return undefined;
  // Version 00 has nothing behind its flags.
  if (traceparent.startsWith('00') && traceparent.length !== 55) return undefined;
  return isState(tracestate) ? { traceparent, tracestate } : { traceparent };
}

function isState(state: unknown): state is string {
  if (typeof state !== 'string' || state === '' || state.length > MAX_TRACESTATE) return false;
  const members = state.split(',').map((member) => member.trim());
  return members.length <= MAX_MEMBERS && members.every((member) => member === '' || MEMBER.test(member));
}
