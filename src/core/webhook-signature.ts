import { createHmac } from 'node:crypto';

export interface WebhookMessage {
  /** The same for every try, so that a receiver can tell a repeat. */
  readonly id: string;
  /** Seconds since the epoch: receivers refuse old ones. */
  readonly seconds: number;
  readonly body: string;
}

/**
 * The headers of a signed webhook: `v1,` and base64 of HMAC-SHA256 over `id.timestamp.body`. A secret that begins with `whsec_` is base64
 * behind that, as the receivers' libraries take it; any other is used as it is written. Source: standardwebhooks.com.
 */
export function webhookHeaders(secret: string, { id, seconds, body }: WebhookMessage): Readonly<Record<string, string>> {
  const key = secret.startsWith(PREFIX) ? Buffer.from(secret.slice(PREFIX.length), 'base64') : secret;
  const signature = createHmac('sha256', key).update(`${id}.${seconds}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': String(seconds), 'webhook-signature': `v1,${signature}` };
}

const PREFIX = 'whsec_';
