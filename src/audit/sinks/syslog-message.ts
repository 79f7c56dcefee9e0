import { hash } from 'node:crypto';
import type { Leaf } from '../leaf.ts';
import { levelOf, type Level } from './level.ts';
import type { SinkBatch, SinkCheckpoint, SinkRecord } from './sink.ts';
import { mapInTurns } from './turns.ts';

export interface SyslogFormat {
  /** RFC 5424's number: 13 is "log audit". */
  readonly facility: number;
  readonly hostName: string;
  readonly appName: string;
  /** IANA's number in the name of the structured data; 32473 is the one for examples. */
  readonly enterprise: number;
  /** Longer messages carry the structured data and not the leaf: receivers cut what is longer without a word. */
  readonly maxBytes: number;
}

/** All of a batch, each message behind its length (RFC 6587 3.4.1, RFC 5425 4.3). */
export async function syslogFrames({ writer, records, checkpoints }: SinkBatch, format: SyslogFormat, now: number): Promise<Buffer> {
  const messages = [
    ...(await mapInTurns(records, (record) => eventMessage(record, format))),
    ...checkpoints.map((checkpoint) => checkpointMessage(writer, checkpoint, format, now)),
  ];
  return Buffer.concat(messages.flatMap((message) => [Buffer.from(`${message.length} `), message]));
}

const SEVERITY = { error: 3, warning: 4, notice: 5, info: 6 } as const satisfies Record<Level, number>;
const NO_VALUE = '-';
/** Says that the message is UTF-8 (RFC 5424 6.4). */
const BOM = '\uFEFF';

function eventMessage({ leaf, leafBytes }: SinkRecord, format: SyslogFormat): Buffer {
  const head = header(format, SEVERITY[levelOf(leaf)], leaf.time, leaf.kind);
  const whole = Buffer.concat([Buffer.from(`${head} ${structured(format, leafParams(leaf))} ${BOM}`), leafBytes]);
  if (whole.length <= format.maxBytes) return whole;
  const instead = { sha256: hash('sha256', leafBytes, 'hex'), bytes: String(leafBytes.length) };
  return Buffer.from(`${head} ${structured(format, { ...leafParams(leaf), ...instead })}`);
}

function checkpointMessage(writer: string, { size, note }: SinkCheckpoint, format: SyslogFormat, now: number): Buffer {
  const head = header(format, SEVERITY.info, new Date(now).toISOString(), 'checkpoint');
  return Buffer.from(`${head} ${structured(format, { writer, size: String(size) })} ${BOM}${JSON.stringify({ checkpoint: note })}`);
}

function header({ facility, hostName, appName }: SyslogFormat, severity: number, time: string, messageId: string): string {
  return `<${facility * 8 + severity}>1 ${time} ${printable(hostName, 255)} ${printable(appName, 48)} ${process.pid} ${printable(messageId, 32)}`;
}

/** Header fields are printable ASCII without spaces. */
function printable(text: string, length: number): string {
  const shown = text.replaceAll(/[^\x21-\x7e]/g, '').slice(0, length);
  return shown === '' ? NO_VALUE : shown;
}

function leafParams(leaf: Leaf): Readonly<Record<string, string | undefined>> {
  return {
    id: leaf.id,
    writer: leaf.writer,
    index: String(leaf.index),
    session: leaf.session,
    subject: leaf.subject?.name,
    subjectKind: leaf.subject?.kind,
    target: leaf.target,
    command: leaf.command?.name,
    effect: leaf.decision?.effect,
    rule: leaf.decision?.rule,
    approval: leaf.approval,
    status: leaf.outcome?.status,
  };
}

const LONGEST_VALUE = 256;

function structured({ enterprise }: SyslogFormat, values: Readonly<Record<string, string | undefined>>): string {
  const params = Object.entries(values).map(([name, value]) => (value === undefined ? '' : ` ${name}="${paramValue(value)}"`));
  return `[sallyport@${enterprise}${params.join('')}]`;
}

/** Line breaks and the like are spaces: some receivers end a message there, whatever its length says. */
function paramValue(value: string): string {
  return [...value]
    .slice(0, LONGEST_VALUE)
    .join('')
    .replaceAll(/[\p{Cc}\u2028\u2029]/gu, ' ')
    .replaceAll(/["\\\]]/g, '\\$&');
}
