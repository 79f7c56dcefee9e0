import { once } from 'node:events';
import { connect } from 'node:net';
import { ByteSource } from '../../src/protocols/postgres/byte-source.ts';
import { cstring, FRONTEND, message } from '../../src/protocols/postgres/codec.ts';
import { signIn } from '../../src/protocols/postgres/sign-in.ts';
import { Secret } from '../../src/core/secret.ts';
import { ROWS_QUERY } from './database.ts';
import type { Place } from './pgbench.ts';

const READY = Buffer.from([0x5a, 0, 0, 0, 5, 0x49]);

export interface RowsRead {
  readonly bytes: number;
  readonly milliseconds: number;
}

/** Reads every row of the wide table by a client that only counts bytes. Throws where the reply is not one of rows. */
export async function readRows({ port, user, password, database }: Place): Promise<RowsRead> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  try {
    await once(socket, 'connect');
    const source = new ByteSource(socket, AbortSignal.timeout(10_000));
    await signIn({
      source,
      send: (bytes) => void socket.write(bytes),
      login: { user, password: new Secret(password) },
      parameters: { database, client_encoding: 'UTF8' },
      tls: undefined,
    });
    const began = performance.now();
    socket.write(message(FRONTEND.query, cstring(ROWS_QUERY)));
    const bytes = await countUntilReady(socket);
    return { bytes, milliseconds: performance.now() - began };
  } finally {
    socket.destroy();
  }
}

async function countUntilReady(socket: NodeJS.ReadableStream): Promise<number> {
  let bytes = 0;
  let tail: Buffer = Buffer.alloc(0);
  for await (const chunk of socket) {
    // A socket without an encoding gives buffers.
    const buffer = chunk as Buffer;
    if (bytes === 0 && buffer[0] !== 0x54) throw new Error(`no rows, but: ${buffer.subarray(0, 300).toString()}`);
    bytes += buffer.length;
    tail = buffer.length >= READY.length ? buffer.subarray(-READY.length) : Buffer.concat([tail, buffer]).subarray(-READY.length);
    if (tail.equals(READY)) return bytes;
  }
  throw new Error('the connection ended before the last row');
}
