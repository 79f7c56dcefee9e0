/** A collector of logs that decodes what it is sent with the official definitions, and refuses whatever they do not know. */
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { listen } from './listen.ts';

export interface LogRecord {
  readonly eventName: string;
  readonly severityText: string;
  readonly timeUnixNano: string;
  readonly body: { readonly stringValue: string };
  readonly attributes: readonly { readonly key: string; readonly value: { readonly stringValue?: string; readonly intValue?: string } }[];
}

export interface OtlpCollector {
  readonly port: number;
  readonly records: readonly LogRecord[];
  readonly bodies: readonly string[];
  /** Answers to come, instead of an empty one. */
  readonly answers: object[];
  close(): Promise<void>;
}

interface ExportLogs {
  readonly resourceLogs: readonly { readonly scopeLogs: readonly { readonly logRecords: readonly LogRecord[] }[] }[];
}

interface MessageType {
  verify(message: object): string | null;
  fromObject(message: object): object;
  encode(message: object): { finish(): Uint8Array };
  decode(bytes: Uint8Array): object;
  toObject(message: object, options: object): object;
}

/** What the official `.proto` files compile to; the package has it inside. */
function exportLogsType(): MessageType {
  const require = createRequire(import.meta.url);
  const root = join(dirname(require.resolve('@opentelemetry/otlp-transformer')), 'generated/root.js');
  // protobufjs' output for this version of the definitions
  const { opentelemetry } = require(root) as { opentelemetry: { proto: { collector: { logs: { v1: { ExportLogsServiceRequest: MessageType } } } } } };
  return opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest;
}

export async function startOtlpCollector(token: string): Promise<OtlpCollector> {
  const type = exportLogsType();
  const records: LogRecord[] = [];
  const bodies: string[] = [];
  const answers: object[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      const isRight =
        request.url === '/v1/logs' && request.headers['content-type'] === 'application/json' && request.headers.authorization === `Bearer ${token}`;
      const decoded = isRight ? decode(type, body) : undefined;
      if (!decoded) {
        response.writeHead(isRight ? 400 : 401).end();
        return;
      }
      bodies.push(body);
      records.push(...decoded.resourceLogs.flatMap(({ scopeLogs }) => scopeLogs.flatMap(({ logRecords }) => logRecords)));
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answers.shift() ?? {}));
    });
  });
  const { port, close } = await listen(server);
  return { port, records, bodies, answers, close };
}

/** Through protobuf and back it must be what it was: a field that the definitions do not know, or of another type, is lost on the way. */
function decode(type: MessageType, body: string): ExportLogs | undefined {
  const sent = JSON.parse(body) as object;
  const back = type.toObject(type.decode(type.encode(type.fromObject(sent)).finish()), { longs: String, json: true });
  return sorted(back) === sorted(sent) ? (sent as ExportLogs) : undefined;
}

/** As text, members in the order of their names. */
function sorted(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) =>
    member && typeof member === 'object' && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );
}
