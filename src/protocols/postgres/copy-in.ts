import type { Client } from './client.ts';
import { frameBytes, FRONTEND, MalformedMessage } from './codec.ts';
import type { Server } from './server.ts';

export interface CopyParts {
  readonly client: Client;
  readonly server: Server;
}

const TYPES: ReadonlySet<number> = new Set([FRONTEND.copyData, FRONTEND.copyDone, FRONTEND.copyFail]);

/** While a COPY takes data, what the caller sends goes to the server. Resolves when the command is over. */
export async function feedCopy(passing: Promise<void>, parts: CopyParts): Promise<void> {
  const running = { over: false };
  const over = passing.catch(() => {}).finally(() => (running.over = true));
  for (;;) {
    await Promise.race([over, parts.server.copyWanted()]);
    if (running.over) return;
    await takeData(over, running, parts);
  }
}

async function takeData(over: Promise<void>, running: { readonly over: boolean }, { client, server }: CopyParts): Promise<void> {
  for (;;) {
    const frame = client.now();
    if (!frame) {
      if (client.left.aborted) return server.close();
      await Promise.race([over, client.arrival()]);
      // The server had enough of it: what still comes is ignored.
      if (running.over) return;
      continue;
    }
    // A server in the middle of a COPY does not look at these.
    if (frame.type === FRONTEND.sync || frame.type === FRONTEND.flush) continue;
    if (!TYPES.has(frame.type)) throw new MalformedMessage('something else in the middle of a COPY');
    await server.feed(frameBytes(frame));
    if (frame.type !== FRONTEND.copyData) return;
  }
}
