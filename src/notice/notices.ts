/**
 * Notices tell people of approvals (Slack, e-mail, webhooks) and take answers that come back by link or from Slack. This
 * folder owns what they see and how it is signed, sent and tried again; the gateway starts it, the API serves its links and
 * hooks. It must not know policy or protocols, and decides nothing: every answer goes through `approvals.answer`.
 */
import type { ApprovalService } from '../approval/approvals.ts';
import type { Approval } from '../core/approval.ts';
import { readSecretSource } from '../credential/credential.ts';
import type { Storage } from '../storage/storage.ts';
import type { Channel } from './channel.ts';
import { Deliveries } from './deliveries.ts';
import { createEmail } from './email.ts';
import { createLinks, type Directory, type Links } from './links.ts';
import { noticeOf } from './notice.ts';
import { post as postOverHttp, type Post } from './post.ts';
import type { NotifySettings, SlackSettings } from './settings.ts';
import { createSlack } from './slack.ts';
import { createSlackCall, type SlackCall } from './slack-api.ts';
import { createSlackHook, type SlackHook } from './slack-hook.ts';
import { createSlackPeople } from './slack-people.ts';
import { createSpend, type Spend } from './spent.ts';
import { createWebhook } from './webhook.ts';

export interface NoticeOptions {
  readonly settings: readonly NotifySettings[];
  /** URL of the gateway. */
  readonly url: string;
  /** Signs links: 32 bytes, the same for every process of one installation. */
  readonly key: Uint8Array;
  readonly approvals: ApprovalService;
  readonly directory: Directory;
  readonly storage: Storage;
  readonly now?: () => number;
  readonly post?: Post;
  readonly backOffMs?: readonly number[];
  readonly report?: (error: unknown) => void;
}

export interface Notices {
  readonly links: Links;
  /** Where Slack is configured. */
  readonly slack: SlackHook | undefined;
  close(): Promise<void>;
}

export function startNotices(options: NoticeOptions): Notices {
  const { settings, url, key, approvals, directory, storage, now = Date.now, post = postOverHttp, backOffMs, report = () => {} } = options;
  const deliveries = new Deliveries({ report, ...(backOffMs ? { backOffMs } : {}) });
  const spend = createSpend(storage, now);
  const links = createLinks({ url, key, approvals, directory, spend, now });
  const slack = settings.flatMap((one) => ('slack' in one ? [one.slack] : []))[0];
  const call = slack && createSlackCall(slack, post);
  const channels = settings.flatMap((one): Channel[] => {
    if ('email' in one) return [createEmail(one.email, links)];
    if ('webhook' in one) return [createWebhook(one.webhook, { post, links, now })];
    return call ? [createSlack(one.slack, call)] : [];
  });
  const stop = approvals.onOwnChange((approval) => tell(approval, channels, deliveries, url));
  return {
    links,
    slack: slack && call && openHook(slack, call, { approvals, directory, spend, deliveries, now }),
    async close() {
      stop();
      await deliveries.close();
    },
  };
}

function tell(approval: Approval, channels: readonly Channel[], deliveries: Deliveries, url: string): void {
  for (const channel of channels) {
    const notice = noticeOf(approval, url, channel.limit);
    if (notice) for (const delivery of channel.deliveries(notice)) deliveries.add(delivery);
  }
}

interface HookParts {
  readonly approvals: ApprovalService;
  readonly directory: Directory;
  readonly spend: Spend;
  readonly deliveries: Deliveries;
  readonly now: () => number;
}

/** Slack waits three seconds for an answer. */
const ASK_MS = 2_000;

function openHook(slack: SlackSettings, call: SlackCall, { approvals, directory, spend, deliveries, now }: HookParts): SlackHook {
  return createSlackHook({
    secret: () => readSecretSource(slack.signingSecret),
    approvals,
    people: createSlackPeople(slack.people, call, () => AbortSignal.timeout(ASK_MS)),
    directory,
    spend,
    whisper: (channel, user, text) =>
      deliveries.add({
        name: `slack ${user}`,
        send: async (signal) => void (await call('chat.postEphemeral', { channel, user, text: `sallyport: ${text}`, parse: 'none', mrkdwn: false }, signal)),
      }),
    now,
  });
}
