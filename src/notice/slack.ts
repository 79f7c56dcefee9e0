import { addresseesOf } from './addressees.ts';
import type { Channel } from './channel.ts';
import type { Notice } from './notice.ts';
import type { SlackSettings } from './settings.ts';
import type { SlackCall } from './slack-api.ts';
import { SLACK_TEXT, slackBlocks, slackFallback } from './slack-message.ts';

/** Messages that are remembered, so that they can be marked as answered; others get a second message. */
const REMEMBERED = 1_000;

/** A message with buttons where people are asked; once it is settled, the same message without them. */
export function createSlack(settings: SlackSettings, call: SlackCall): Channel {
  const sent = new Map<string, string>();

  async function send(notice: Notice, channel: string, signal: AbortSignal): Promise<void> {
    const key = JSON.stringify([notice.approval.id, channel]);
    const ts = notice.kind === 'answered' ? sent.get(key) : undefined;
    const message = {
      channel,
      text: slackFallback(notice),
      blocks: slackBlocks(notice),
      unfurl_links: false,
      unfurl_media: false,
      mrkdwn: false,
      parse: 'none',
    };
    const reply = ts === undefined ? await call('chat.postMessage', message, signal) : await call('chat.update', { ...message, ts }, signal);
    if (notice.kind === 'requested' && typeof reply['ts'] === 'string') remember(key, reply['ts']);
    if (ts !== undefined) sent.delete(key);
  }

  function remember(key: string, ts: string): void {
    sent.set(key, ts);
    const oldest = sent.size > REMEMBERED ? sent.keys().next().value : undefined;
    if (oldest !== undefined) sent.delete(oldest);
  }

  return {
    limit: SLACK_TEXT,
    deliveries: (notice) =>
      addresseesOf(settings.channels, notice.approval).map((channel) => ({ name: `slack ${channel}`, send: (signal) => send(notice, channel, signal) })),
  };
}
