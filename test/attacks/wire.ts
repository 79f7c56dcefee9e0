import { connect } from 'node:net';

/** What came back over one connection. */
export interface Heard {
  /** 0 where nothing came. */
  readonly status: number;
  readonly head: string;
  readonly body: string;
  /** Every JSON message in it: a JSON body, or the data of events. */
  readonly messages: readonly Message[];
  readonly closed: boolean;
}

export interface Message {
  readonly id?: unknown;
  readonly method?: string;
  readonly params?: unknown;
  readonly result?: { readonly isError?: boolean; readonly tools?: readonly { readonly name: string }[]; readonly [key: string]: unknown };
  readonly error?: { readonly code: number; readonly message: string };
}

/** Writes bytes as they are and reads until the answer is whole, the connection ends, or the time is up. */
export function sendBytes(port: number, bytes: string | Buffer, waitMs = 3000): Promise<Heard> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const chunks: Buffer[] = [];
    let closed = false;
    const done = (): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(read(Buffer.concat(chunks), closed));
    };
    const timer = setTimeout(done, waitMs);
    socket.on('data', (chunk) => {
      chunks.push(chunk);
      if (isWhole(Buffer.concat(chunks))) done();
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      closed = true;
      done();
    });
    socket.write(bytes);
  });
}

function split(bytes: Buffer): { head: string; body: Buffer } | undefined {
  const end = bytes.indexOf('\r\n\r\n');
  return end < 0 ? undefined : { head: bytes.subarray(0, end).toString('latin1'), body: bytes.subarray(end + 4) };
}

function isWhole(bytes: Buffer): boolean {
  const parts = split(bytes);
  if (!parts) return false;
  const length = /^content-length: (\d+)$/im.exec(parts.head)?.[1];
  if (length !== undefined) return parts.body.length >= Number(length);
  return /^transfer-encoding: chunked$/im.test(parts.head) && parts.body.includes('\r\n0\r\n\r\n');
}

function read(bytes: Buffer, closed: boolean): Heard {
  const parts = split(bytes);
  if (!parts) return { status: 0, head: '', body: bytes.toString(), messages: [], closed };
  const chunked = /^transfer-encoding: chunked$/im.test(parts.head);
  const body = (chunked ? unchunk(parts.body) : parts.body).toString();
  return { status: Number(/^HTTP\/1\.1 (\d+)/.exec(parts.head)?.[1] ?? 0), head: parts.head, body, messages: messagesOf(body), closed };
}

function unchunk(bytes: Buffer): Buffer {
  const parts: Buffer[] = [];
  let at = 0;
  for (;;) {
    const end = bytes.indexOf('\r\n', at);
    const size = end < 0 ? 0 : Number.parseInt(bytes.subarray(at, end).toString('latin1'), 16);
    if (!(size > 0)) return Buffer.concat(parts);
    parts.push(bytes.subarray(end + 2, end + 2 + size));
    at = end + 4 + size;
  }
}

function messagesOf(body: string): readonly Message[] {
  const texts =
    /^(?:data|event|id|retry|:)/m.test(body) && !body.startsWith('{') ? [...body.matchAll(/^data: ?(.*)$/gm)].map((match) => match[1] ?? '') : [body];
  return texts.flatMap((text) => {
    try {
      const value: unknown = JSON.parse(text);
      return (Array.isArray(value) ? value : [value]) as Message[]; // a test that reads what is not there fails by itself
    } catch {
      return [];
    }
  });
}
