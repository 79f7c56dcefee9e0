/** A receiver of signed batches, which checks them with the library that receivers use. */
import { createServer } from 'node:http';
import { Webhook } from 'standardwebhooks';
import { listen } from './listen.ts';

export interface ReceivedEvent {
  readonly id: string;
  readonly index: number;
}

export interface AuditReceiver {
  readonly port: number;
  readonly events: readonly ReceivedEvent[];
  readonly checkpoints: readonly string[];
  readonly bodies: readonly string[];
  close(): Promise<void>;
}

interface Batch {
  readonly type: string;
  readonly data: { readonly events: readonly ReceivedEvent[]; readonly checkpoints: readonly string[] };
}

/** `largest`: bytes of a body; a larger one is refused with 413. */
export async function startAuditReceiver(options: { readonly secret: string; readonly largest?: number }): Promise<AuditReceiver> {
  const events: ReceivedEvent[] = [];
  const checkpoints: string[] = [];
  const bodies: string[] = [];
  const webhook = new Webhook(options.secret);
  const take = (body: string, headers: Readonly<Record<string, string>>): number => {
    if (body.length > (options.largest ?? Number.POSITIVE_INFINITY)) return 413;
    try {
      // signed, so it is what the sink sent
      const { type, data } = webhook.verify(body, headers) as Batch;
      if (type !== 'audit.events') return 400;
      events.push(...data.events);
      checkpoints.push(...data.checkpoints);
      bodies.push(body);
      return 204;
    } catch {
      return 401;
    }
  };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
      response.writeHead(take(Buffer.concat(chunks).toString(), headers)).end();
    });
  });
  const { port, close } = await listen(server);
  return { port, events, checkpoints, bodies, close };
}
