/** A client of PostgreSQL's protocol that sends any bytes, and keeps all that it hears. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { MintedLogin } from '../../src/credential/database-logins.ts';
import { cstring, frameBytes, int32, message, type Frame } from '../../src/protocols/postgres/codec.ts';
import { FrameReader } from '../../src/protocols/postgres/frame-reader.ts';
import { greetServer } from '../../src/protocols/postgres/scram.ts';

export interface WireAnswer {
  /** Types of the messages, as letters; `!` where the line ended. */
  readonly types: string;
  readonly frames: readonly Frame[];
  /** All of it, as it came. */
  readonly bytes: Buffer;
}

export interface WireClient {
  readonly socket: Socket;
  /** Sends, and waits for so many ReadyForQuery, or for the end of the line. */
  ask(bytes: Buffer | string, rounds?: number): Promise<WireAnswer>;
  end(): void;
}

export function startupMessage(parameters: Readonly<Record<string, string>>, version = 3 << 16): Buffer {
  const body = Buffer.concat([int32(version), ...Object.entries(parameters).flatMap(([name, value]) => [cstring(name), cstring(value)]), Buffer.of(0)]);
  return Buffer.concat([int32(body.length + 4), body]);
}

/** Up to the first ReadyForQuery; where the sign-in fails, `greeting` ends with `!`. */
export async function openWire(
  port: number,
  { user, password }: MintedLogin,
  parameters: Readonly<Record<string, string>> = {},
  version?: number,
): Promise<WireClient & { readonly greeting: WireAnswer }> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  socket.on('error', () => {});
  await once(socket, 'connect');
  const hear = listen(socket);
  socket.write(startupMessage({ user, database: 'shop', ...parameters }, version));
  const scram = greetServer({ password: password.reveal(), nonce: 'fyko+d2lbbFgONRv9qkxdawL', mechanisms: ['SCRAM-SHA-256'], endPoint: undefined });
  const first = Buffer.from(scram.first);
  let step = 0;
  const greeting = await hear(1, async (frame) => {
    if (frame.type !== 0x52) return;
    const body = frameBytes(frame).subarray(9).toString();
    step += 1;
    if (step === 1) socket.write(message(0x70, cstring(scram.mechanism), int32(first.length), first));
    if (step === 2) socket.write(message(0x70, Buffer.from(await scram.answer(body))));
  });
  return {
    socket,
    greeting,
    ask(bytes, rounds = 1) {
      socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'hex') : bytes);
      return hear(rounds);
    },
    end: () => void socket.destroy(),
  };
}

type Hear = (rounds: number, each?: (frame: Frame) => Promise<void>) => Promise<WireAnswer>;

function listen(socket: Socket): Hear {
  const reader = new FrameReader(() => 1 << 30);
  const waiting: Frame[] = [];
  let ended = false;
  let wake = (): void => {};
  socket.on('data', (chunk: Buffer) => {
    reader.push(chunk);
    for (let frame = reader.next(); frame; frame = reader.next()) waiting.push(frame);
    wake();
  });
  socket.once('close', () => {
    ended = true;
    wake();
  });
  return async (rounds, each) => {
    const frames: Frame[] = [];
    let left = rounds;
    while (left > 0) {
      const frame = waiting.shift();
      if (frame) {
        frames.push(frame);
        await each?.(frame);
        if (frame.type === 0x5a) left -= 1;
      } else if (ended) break;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
    const types = frames.map(({ type }) => String.fromCharCode(type)).join('') + (left > 0 ? '!' : '');
    return { types, frames, bytes: Buffer.concat(frames.map(frameBytes)) };
  };
}

export const wireQuery = (text: string): Buffer => message(0x51, cstring(text));

/** Parse, Bind, perhaps Describe, Execute and Sync. */
export function wireExtended(text: string, options: { readonly format?: 0 | 1; readonly describe?: boolean; readonly rows?: number } = {}): Buffer {
  const { format = 0, describe = false, rows = 0 } = options;
  return Buffer.concat([
    wireParse('', text),
    wireBind('', '', [], format),
    ...(describe ? [message(0x44, Buffer.from('P'), cstring(''))] : []),
    wireExecute('', rows),
    WIRE_SYNC,
  ]);
}

const int16 = (value: number): Buffer => int32(value).subarray(2);

export const wireParse = (name: string, text: string, types: readonly number[] = []): Buffer =>
  message(0x50, cstring(name), cstring(text), int16(types.length), ...types.map(int32));

/** Values are given in binary where they are bytes. */
export const wireBind = (portal: string, statement: string, values: readonly (string | Buffer)[] = [], format: 0 | 1 = 0): Buffer =>
  message(
    0x42,
    cstring(portal),
    cstring(statement),
    int16(values.length),
    ...values.map((value) => int16(typeof value === 'string' ? 0 : 1)),
    int16(values.length),
    ...values.flatMap((value) => [int32(Buffer.byteLength(value)), Buffer.from(value)]),
    int16(1),
    int16(format),
  );

export const wireExecute = (portal: string, rows = 0): Buffer => message(0x45, cstring(portal), int32(rows));
export const WIRE_SYNC = message(0x53);
