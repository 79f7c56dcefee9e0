import { SallyportError } from '../../core/error.ts';
import type { SecretSource } from '../../core/credential-spec.ts';
import type { Leaf } from '../leaf.ts';
import type { SinkDeps } from './deps.ts';
import { Http, judgeReply, type HttpReply, type HttpSettings } from './http.ts';
import { levelOf, type Level } from './level.ts';
import type { SendResult, Sink, SinkBatch, SinkCheckpoint, SinkRecord } from './sink.ts';
import { sendInParts } from './split.ts';
import { mapInTurns } from './turns.ts';

export interface OtlpSettings extends HttpSettings {
  /** The whole address, such as https://collector:4318/v1/logs. */
  readonly url: string;
  readonly headers: Readonly<Record<string, SecretSource>>;
  /** Records of one request. */
  readonly batch: number;
}

/** Log records over OTLP/HTTP in the JSON encoding. Source: opentelemetry.io/docs/specs/otlp. */
export function createOtlpSink(settings: OtlpSettings, deps: SinkDeps): Sink {
  const http = new Http(settings, deps);
  const url = new URL(settings.url);

  async function post(batch: SinkBatch, signal: AbortSignal): Promise<HttpReply> {
    const headers = { 'content-type': 'application/json', 'user-agent': 'sallyport', ...(await secretHeaders(settings.headers, deps)) };
    return http.send({ method: 'POST', url, headers, body: await exportRequest(batch, deps.now()) }, signal);
  }

  function judge(reply: HttpReply): SendResult {
    const result = judgeReply(reply, `the collector at ${url.origin}`, deps.now);
    return result.outcome === 'sent' ? (partialSuccess(reply.bytes.toString()) ?? result) : result;
  }

  return {
    kind: 'otlp',
    limits: { events: settings.batch, bytes: 1 << 20 },
    gatherMs: 500,
    bounds: 'any',
    send: (batch, signal) => sendInParts(batch, (part) => post(part, signal), judge),
    close: () => http.close(),
  };
}

async function secretHeaders(sources: OtlpSettings['headers'], deps: SinkDeps): Promise<Readonly<Record<string, string>>> {
  const headers: Record<string, string> = {};
  for (const [name, source] of Object.entries(sources)) {
    const value = (await deps.readSecret(source)).reveal();
    if (!/^[\t\x20-\x7e]+$/.test(value))
      throw new SallyportError('credential_missing', `the secret for the header ${name} has characters that a header cannot carry`);
    headers[name.toLowerCase()] = value;
  }
  return headers;
}

/** "The client MUST NOT retry the request when it receives a partial success response": what was rejected stays rejected. */
function partialSuccess(body: string): SendResult | undefined {
  try {
    // Anything may answer; what is used of it is checked here.
    const { partialSuccess: partial } = JSON.parse(body) as { partialSuccess?: { rejectedLogRecords?: unknown; errorMessage?: unknown } };
    const records = Number(partial?.rejectedLogRecords ?? 0);
    if (!Number.isSafeInteger(records) || records <= 0) return undefined;
    return { outcome: 'rejected', records, reason: `the collector says ${JSON.stringify(partial?.errorMessage ?? '').slice(0, 200)}` };
  } catch {
    return undefined;
  }
}

type Value = { readonly stringValue: string } | { readonly intValue: string };
interface Attribute {
  readonly key: string;
  readonly value: Value;
}

/** Each record is put into JSON by itself, in turns with other work. */
async function exportRequest({ writer, records, checkpoints }: SinkBatch, now: number): Promise<string> {
  const observedTimeUnixNano = nanoseconds(now);
  const events = await mapInTurns(records, (record) => JSON.stringify({ observedTimeUnixNano, ...logRecord(record) }));
  const notes = checkpoints.map((checkpoint) => JSON.stringify({ observedTimeUnixNano, timeUnixNano: observedTimeUnixNano, ...checkpointRecord(checkpoint) }));
  const resource = JSON.stringify({ attributes: attributes({ 'service.name': 'sallyport', 'service.instance.id': writer }) });
  return `{"resourceLogs":[{"resource":${resource},"scopeLogs":[{"scope":{"name":"sallyport.audit"},"logRecords":[${[...events, ...notes].join(',')}]}]}]}`;
}

/** 64-bit integers are decimal strings in this encoding. */
const nanoseconds = (milliseconds: number): string => `${milliseconds}000000`;

const SEVERITY = {
  info: { severityNumber: 9, severityText: 'INFO' },
  notice: { severityNumber: 10, severityText: 'NOTICE' },
  warning: { severityNumber: 13, severityText: 'WARN' },
  error: { severityNumber: 17, severityText: 'ERROR' },
} as const satisfies Record<Level, object>;

function logRecord({ leaf, leafBytes }: SinkRecord): object {
  return {
    timeUnixNano: nanoseconds(Date.parse(leaf.time)),
    ...SEVERITY[levelOf(leaf)],
    eventName: leaf.kind,
    body: { stringValue: leafBytes.toString() },
    attributes: attributes(leafAttributes(leaf)),
  };
}

function checkpointRecord({ size, note }: SinkCheckpoint): object {
  return { ...SEVERITY.info, eventName: 'sallyport.checkpoint', body: { stringValue: note }, attributes: attributes({ 'sallyport.size': size }) };
}

/** `log.record.uid` is what receivers tell a repeat by. */
function leafAttributes(leaf: Leaf): Readonly<Record<string, string | number | undefined>> {
  return {
    'log.record.uid': leaf.id,
    'sallyport.writer': leaf.writer,
    'sallyport.index': leaf.index,
    'sallyport.session': leaf.session,
    'sallyport.subject': leaf.subject?.name,
    'sallyport.subject.kind': leaf.subject?.kind,
    'sallyport.target': leaf.target,
    'sallyport.protocol': leaf.protocol,
    'sallyport.command': leaf.command?.name,
    'sallyport.effect': leaf.decision?.effect,
    'sallyport.rule': leaf.decision?.rule,
    'sallyport.risk': leaf.decision?.risk.score,
    'sallyport.approval': leaf.approval,
    'sallyport.intent': leaf.intent,
    'sallyport.status': leaf.outcome?.status,
    'client.address': leaf.client?.address,
    'user_agent.original': leaf.client?.userAgent,
  };
}

function attributes(values: Readonly<Record<string, string | number | undefined>>): readonly Attribute[] {
  return Object.entries(values).flatMap(([key, value]) => {
    if (value === undefined) return [];
    return [{ key, value: typeof value === 'number' ? { intValue: String(Math.round(value)) } : { stringValue: value } }];
  });
}
