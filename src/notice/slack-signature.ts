import { createHmac, timingSafeEqual } from 'node:crypto';

const MAX_AGE_S = 5 * 60;

/** What Slack writes into `X-Slack-Signature`. */
export function slackSignature(secret: string, timestamp: string, body: Uint8Array): string {
  return `v0=${createHmac('sha256', secret).update(`v0:${timestamp}:`).update(body).digest('hex')}`;
}

/** Whether the request is Slack's and of these minutes. Over the bytes as they came; in a time that tells nothing. */
export function isSlackRequest(secret: string, given: SlackHeaders, body: Uint8Array, now: number): boolean {
  const { timestamp = '', signature = '' } = given;
  if (!/^\d{1,12}$/.test(timestamp) || Math.abs(now / 1000 - Number(timestamp)) > MAX_AGE_S) return false;
  const [wanted, sent] = [Buffer.from(slackSignature(secret, timestamp, body)), Buffer.from(signature)];
  return wanted.length === sent.length && timingSafeEqual(wanted, sent);
}

export interface SlackHeaders {
  readonly timestamp: string | undefined;
  readonly signature: string | undefined;
}
