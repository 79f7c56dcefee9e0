/**
 * Bytes of the frontend/backend protocol, versions 3.0 and 3.2, and nothing else: no sockets, no policy.
 * https://www.postgresql.org/docs/current/protocol-message-formats.html
 */
import { isUtf8 } from 'node:buffer';

/** Types of messages, by the byte that begins them. Some letters mean one thing from the client and another from the server. */
export const FRONTEND = {
  bind: 0x42,
  close: 0x43,
  copyData: 0x64,
  copyDone: 0x63,
  copyFail: 0x66,
  describe: 0x44,
  execute: 0x45,
  flush: 0x48,
  functionCall: 0x46,
  parse: 0x50,
  password: 0x70,
  query: 0x51,
  sync: 0x53,
  terminate: 0x58,
} as const;

export const BACKEND = {
  authentication: 0x52,
  backendKeyData: 0x4b,
  bindComplete: 0x32,
  closeComplete: 0x33,
  commandComplete: 0x43,
  copyBoth: 0x57,
  copyData: 0x64,
  copyDone: 0x63,
  copyIn: 0x47,
  copyOut: 0x48,
  dataRow: 0x44,
  emptyQuery: 0x49,
  error: 0x45,
  functionCallResponse: 0x56,
  negotiateVersion: 0x76,
  noData: 0x6e,
  notice: 0x4e,
  notification: 0x41,
  parameterDescription: 0x74,
  parameterStatus: 0x53,
  parseComplete: 0x31,
  portalSuspended: 0x73,
  readyForQuery: 0x5a,
  rowDescription: 0x54,
} as const;

/** A message that breaks the protocol. The text is for whoever sent it. */
export class MalformedMessage extends Error {}

/** One message in a buffer that may hold others; `start` is its type, the body begins five bytes later. */
export interface Frame {
  readonly type: number;
  readonly buffer: Buffer;
  readonly start: number;
  readonly end: number;
}

export const HEADER_BYTES = 5;

export const frameBytes = ({ buffer, start, end }: Frame): Buffer => buffer.subarray(start, end);

/** A message as it travels. */
export function message(type: number, ...parts: readonly Uint8Array[]): Buffer {
  let length = 4;
  for (const part of parts) length += part.length;
  const bytes = Buffer.allocUnsafe(length + 1);
  bytes[0] = type;
  bytes.writeUInt32BE(length, 1);
  let at = HEADER_BYTES;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

export const cstring = (text: string): Buffer => Buffer.from(`${text}\0`);

export function int32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeInt32BE(value | 0);
  return bytes;
}

/** Reads the fields of one message; whatever does not fit in it is malformed, and nothing is read past its end. */
export class Fields {
  readonly #buffer: Buffer;
  readonly #end: number;
  #at: number;

  constructor({ buffer, start, end }: Omit<Frame, 'type'>, skipped: number = HEADER_BYTES) {
    this.#buffer = buffer;
    this.#at = start + skipped;
    this.#end = end;
  }

  byte(): number {
    return this.#buffer[this.#take(1)] ?? 0;
  }

  int16(): number {
    return this.#buffer.readInt16BE(this.#take(2));
  }

  int32(): number {
    return this.#buffer.readInt32BE(this.#take(4));
  }

  uint32(): number {
    return this.#buffer.readUInt32BE(this.#take(4));
  }

  bytes(length: number): Buffer {
    const at = this.#take(length);
    return this.#buffer.subarray(at, at + length);
  }

  /** Text up to a NUL, well-formed UTF-8. */
  cstring(): string {
    const nul = this.#buffer.indexOf(0, this.#at);
    if (nul < 0 || nul >= this.#end) throw new MalformedMessage('a string without its end');
    const bytes = this.bytes(nul - this.#at);
    this.#at += 1;
    if (!isUtf8(bytes)) throw new MalformedMessage('a string that is not UTF-8');
    return bytes.toString();
  }

  /** What is left of it. */
  rest(): Buffer {
    return this.bytes(this.#end - this.#at);
  }

  /** Nothing may follow. */
  end(): void {
    if (this.#at !== this.#end) throw new MalformedMessage('a message that is longer than what it says');
  }

  get left(): number {
    return this.#end - this.#at;
  }

  #take(length: number): number {
    const at = this.#at;
    if (length < 0 || at + length > this.#end) throw new MalformedMessage('a message that is shorter than what it says');
    this.#at = at + length;
    return at;
  }
}
