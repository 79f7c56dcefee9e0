/** A collector of traces that decodes what it is sent with the official definitions, and refuses whatever they do not know. */
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { listen } from './listen.ts';

export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly name: string;
  readonly kind: number;
  readonly traceState: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly { readonly key: string; readonly value: { readonly stringValue?: string; readonly intValue?: string } }[];
  readonly status?: { readonly code: number; readonly message: string };
}

export interface TraceCollector {
  readonly url: string;
  readonly spans: readonly ReceivedSpan[];
  readonly bodies: readonly string[];
  /** Answers to come, instead of 200. */
  readonly statuses: number[];
  close(): Promise<void>;
}

interface ExportTraces {
  readonly resourceSpans: readonly { readonly scopeSpans: readonly { readonly spans: readonly ReceivedSpan[] }[] }[];
}

interface MessageType {
  fromObject(message: object): object;
  encode(message: object): { finish(): Uint8Array };
  decode(bytes: Uint8Array): object;
  toObject(message: object, options: object): object;
}

/** What the official `.proto` files compile to; the package has it inside. */
function exportTracesType(): MessageType {
  const require = createRequire(import.meta.url);
  const root = join(dirname(require.resolve('@opentelemetry/otlp-transformer')), 'generated/root.js');
  // protobufjs' output for this version of the definitions
  const { opentelemetry } = require(root) as { opentelemetry: { proto: { collector: { trace: { v1: { ExportTraceServiceRequest: MessageType } } } } } };
  return opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
}

export async function startTraceCollector(authorization: string): Promise<TraceCollector> {
  const type = exportTracesType();
  const spans: ReceivedSpan[] = [];
  const bodies: string[] = [];
  const statuses: number[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const status = statuses.shift();
      if (status !== undefined) {
        response.writeHead(status).end();
        return;
      }
      const isRight = request.url === '/v1/traces' && request.headers['content-type'] === 'application/json' && request.headers.authorization === authorization;
      if (!isRight) {
        response.writeHead(401).end();
        return;
      }
      bodies.push(body);
      spans.push(...decode(type, body));
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  const { port, close } = await listen(server);
  return { url: `http://127.0.0.1:${port}/v1/traces`, spans, bodies, statuses, close };
}

/** By way of the binary form: what the definitions do not have is gone, and what has another type throws. JSON has ids in hex, where others have base64. */
function decode(type: MessageType, body: string): readonly ReceivedSpan[] {
  const hex = /"(traceId|spanId|parentSpanId)":"([0-9a-f]+)"/g;
  const asBase64 = body.replaceAll(hex, (_all, key: string, id: string) => `"${key}":"${Buffer.from(id, 'hex').toString('base64')}"`);
  const parsed = JSON.parse(asBase64) as object; // what is no OTLP fails in the next line
  const message = type.toObject(type.decode(type.encode(type.fromObject(parsed)).finish()), { longs: String, bytes: String, defaults: true }) as ExportTraces;
  const back = (id: string): string => Buffer.from(id, 'base64').toString('hex');
  return message.resourceSpans
    .flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans))
    .map((span) => ({ ...span, traceId: back(span.traceId), spanId: back(span.spanId), parentSpanId: back(span.parentSpanId) }));
}
