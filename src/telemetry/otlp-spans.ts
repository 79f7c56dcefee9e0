import type { TracedCommand, Stretch } from './traced-command.ts';

/** https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding, of opentelemetry/proto/trace/v1/trace.proto */
const KIND = { internal: 1, server: 2, client: 3 } as const;
const STATUS_ERROR = 2;
const SAMPLED = 1;

export interface TraceResource {
  readonly version: string;
  /** Which process of the installation. */
  readonly instance: string;
}

export function exportRequest(commands: readonly TracedCommand[], resource: TraceResource): object {
  const attributes = attributesOf({ 'service.name': 'sallyport', 'service.version': resource.version, 'service.instance.id': resource.instance });
  return { resourceSpans: [{ resource: { attributes }, scopeSpans: [{ scope: { name: 'sallyport' }, spans: commands.flatMap(spansOf) }] }] };
}

function spansOf(traced: TracedCommand): readonly object[] {
  const forwards = traced.stretches.filter(({ step }) => step === 'forward');
  const others = traced.stretches.filter(({ step }) => step !== 'forward');
  return [rootSpan(traced), ...others.map((stretch, at) => childSpan(traced, stretch, at)), ...forwardSpan(traced, forwards)];
}

/** What the gateway knows by itself: names of the configuration, words of its own, ids. Never what somebody sent, and nobody's name. */
function rootSpan(traced: TracedCommand): object {
  const { spanId, parentId, from, to, outcome, decision, dropped } = traced;
  const { session, command } = traced.start;
  const method = methodOf(traced);
  const failed = !FINE.has(outcome);
  return {
    ...common(traced),
    spanId,
    ...(parentId === undefined ? {} : { parentSpanId: parentId }),
    name: `${method} ${session.target.name}`,
    kind: KIND.server,
    ...times(traced, from, to),
    attributes: attributesOf({
      'sallyport.target': session.target.name,
      'sallyport.protocol': session.target.protocol,
      'sallyport.method': method,
      // A tool that is pinned is one of its server's, not a word of its caller's.
      'gen_ai.tool.name': command.definition === '' ? undefined : command.name.slice(method.length + 1),
      'sallyport.session': session.id,
      'sallyport.subject.kind': session.subject.kind,
      'sallyport.effect': decision?.effect,
      'sallyport.rule': decision?.rule,
      'sallyport.risk': decision?.risk.score,
      'sallyport.policy': decision?.policyVersion,
      'sallyport.outcome': outcome,
    }),
    ...(dropped > 0 ? { droppedAttributesCount: dropped } : {}),
    ...(failed ? { status: { code: STATUS_ERROR, message: outcome } } : {}),
  };
}

/** Refusals are what a gateway is for: only what failed is an error. */
const FINE = new Set(['ok', 'closed', 'denied', 'quota', 'locked', 'invalid', 'approval', 'repeated']);

/** The first word of a command is the protocol's; of one that is unknown, not even that is told. */
function methodOf({ start: { command } }: TracedCommand): string {
  return command.naming === 'literal' ? 'unknown' : (command.name.split(' ', 1)[0] ?? 'unknown');
}

/** Ids of steps need only differ: they are the command's own, counted on. */
function childSpan(traced: TracedCommand, { step, from, to }: Stretch, at: number): object {
  const spanId = (BigInt(`0x${traced.spanId}`) ^ BigInt(at + 1)).toString(16).padStart(16, '0');
  return { ...common(traced), spanId, parentSpanId: traced.spanId, name: step, kind: KIND.internal, ...times(traced, from, to) };
}

/** One span however often the target was waited for: it is one request, and the target's spans are its children. */
function forwardSpan(traced: TracedCommand, forwards: readonly Stretch[]): readonly object[] {
  const [first, last] = [forwards[0], forwards.at(-1)];
  if (!first || !last) return [];
  return [
    { ...common(traced), spanId: traced.forwardId, parentSpanId: traced.spanId, name: 'forward', kind: KIND.client, ...times(traced, first.from, last.to) },
  ];
}

function common({ traceId, tracestate }: TracedCommand): object {
  return { traceId, ...(tracestate === undefined ? {} : { traceState: tracestate }), flags: SAMPLED };
}

function times({ origin }: TracedCommand, from: number, to: number): object {
  return { startTimeUnixNano: nanoseconds(origin + from), endTimeUnixNano: nanoseconds(origin + Math.max(from, to)) };
}

/** A double does not hold so many nanoseconds. */
function nanoseconds(milliseconds: number): string {
  const whole = Math.floor(milliseconds);
  return String(BigInt(whole) * 1_000_000n + BigInt(Math.round((milliseconds - whole) * 1_000_000)));
}

function attributesOf(attributes: Readonly<Record<string, string | number | undefined>>): readonly object[] {
  return Object.entries(attributes).flatMap(([key, value]) => {
    if (value === undefined || value === '') return [];
    return [{ key, value: typeof value === 'number' ? { intValue: String(Math.round(value)) } : { stringValue: value } }];
  });
}
