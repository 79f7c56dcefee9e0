import type { SecretSource } from '../../core/credential-spec.ts';
import { webhookHeaders } from '../../core/webhook-signature.ts';
import type { SinkDeps } from './deps.ts';
import { Http, judgeReply, type HttpSettings } from './http.ts';
import type { Sink, SinkBatch } from './sink.ts';
import { sendInParts } from './split.ts';

export interface WebhookSettings extends HttpSettings {
  readonly url: string;
  readonly secret: SecretSource;
  /** Events of one request. */
  readonly batch: number;
}

/** A signed POST for each batch: `{ type: "audit.events", timestamp, data: { writer, first, next, events, checkpoints } }`. */
export function createWebhookSink(settings: WebhookSettings, deps: SinkDeps): Sink {
  const http = new Http(settings, deps);
  const url = new URL(settings.url);

  async function post(batch: SinkBatch, signal: AbortSignal): ReturnType<Http['send']> {
    const secret = await deps.readSecret(settings.secret);
    const body = payload(batch, new Date(deps.now()).toISOString());
    const seconds = Math.floor(deps.now() / 1000);
    const signed = webhookHeaders(secret.reveal(), { id: messageId(batch), seconds, body });
    return http.send({ method: 'POST', url, headers: { 'content-type': 'application/json', 'user-agent': 'sallyport', ...signed }, body }, signal);
  }

  return {
    kind: 'webhook',
    limits: { events: settings.batch, bytes: 1 << 20 },
    gatherMs: 500,
    bounds: 'any',
    send: (batch, signal) =>
      sendInParts(
        batch,
        (part) => post(part, signal),
        (reply) => judgeReply(reply, `the receiver at ${url.origin}`, deps.now),
      ),
    close: () => http.close(),
  };
}

/** The same for every try of the same records. */
function messageId({ writer, first, next, checkpoints }: SinkBatch): string {
  return `msg_${writer}_${first}_${next}_${checkpoints.at(-1)?.size ?? 0}`;
}

/** Leaves are put in as they were stored, so that a receiver can hash them. */
function payload({ writer, first, next, records, checkpoints }: SinkBatch, timestamp: string): string {
  const events = records.map(({ leafBytes }) => leafBytes.toString()).join(',');
  const rest = JSON.stringify({ writer, first, next, checkpoints: checkpoints.map(({ note }) => note) });
  return `{"type":"audit.events","timestamp":"${timestamp}","data":${rest.slice(0, -1)},"events":[${events}]}}`;
}
