import { addressesOf } from './addressees.ts';
import type { Channel, Sending } from './channel.ts';
import type { Notice } from './notice.ts';
import type { SlackSettings } from './settings.ts';
import type { SlackCall } from './slack-api.ts';
import { SLACK_TEXT, slackBlocks, slackFallback } from './slack-message.ts';

/** A message with buttons where people are asked; once it is settled, the same message without them. */
export function createSlack(settings: SlackSettings, call: SlackCall): Channel {
  async function send(notice: Notice, channel: string, { receipt, signal }: Sending): Promise<string | undefined> {
    const message = {
      channel,
      text: slackFallback(notice),
      blocks: slackBlocks(notice),
      unfurl_links: false,
      unfurl_media: false,
      mrkdwn: false,
      parse: 'none',
    };
    const ts = notice.kind === 'answered' ? receipt : undefined;
    const reply = ts === undefined ? await call('chat.postMessage', message, signal) : await call('chat.update', { ...message, ts }, signal);
    return notice.kind === 'requested' && typeof reply['ts'] === 'string' ? reply['ts'] : undefined;
  }

  return {
    id: 'slack',
    limit: SLACK_TEXT,
    readers: 'people',
    addresses: (who) => addressesOf(settings.channels, who),
    name: (channel) => `slack ${channel}`,
    send,
  };
}
