/**
 * Notices tell people of approvals and alerts (Slack, e-mail, webhooks) and take answers that come back by link or from Slack. This
 * folder owns what they see and how it is signed, queued, sent and tried again; the gateway starts it, the API serves its links and
 * hooks. It must not know policy or protocols, and decides nothing: every answer goes through `approvals.answer`.
 */
import type { Kysely } from 'kysely';
import type { ApprovalService } from '../approval/approvals.ts';
import type { Approval, ApprovalStatus } from '../core/approval.ts';
import { readSecretSource } from '../credential/credential.ts';
import type { ReadSecretSource } from '../credential/secret-reader.ts';
import type { OutboxRow, Schema } from '../storage/schema.ts';
import type { Storage } from '../storage/storage.ts';
import { approvalMessages, messageId, threadOf, type ApprovalPayload } from './approval-messages.ts';
import { catchUp } from './catch-up.ts';
import type { Channel } from './channel.ts';
import { Deliveries } from './deliveries.ts';
import { createEmail } from './email.ts';
import { createLinks, type Directory, type Links } from './links.ts';
import { noticeOf, type AlertNotice, type Notice } from './notice.ts';
import { DROPPED, Outbox } from './outbox.ts';
import { insertMessages, lastReceipt, type NewMessage } from './outbox-rows.ts';
import { post as postOverHttp, type Post } from '../network/post.ts';
import type { NotifySettings, SlackSettings } from './settings.ts';
import { createSlack } from './slack.ts';
import { createSlackCall, type SlackCall } from './slack-api.ts';
import { createSlackHook, type SlackHook } from './slack-hook.ts';
import { createSlackPeople } from './slack-people.ts';
import { createSpend, type Spend } from '../storage/spend.ts';
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
  /** Absent: secrets come from the environment and from files only. */
  readonly readSecret?: ReadSecretSource;
  readonly backOffMs?: readonly number[];
  readonly report?: (error: unknown) => void;
}

/** An alert that is to be told: its text, and to whom it goes beside those who get everything. */
export interface AlertMessage extends Omit<AlertNotice, 'kind'> {
  /** The same for the same alert, however often it is raised. */
  readonly id: string;
  readonly to: readonly string[];
}

export interface Notices {
  readonly links: Links;
  /** Where Slack is configured. */
  readonly slack: SlackHook | undefined;
  /** Queues an alert's messages in whatever transaction it belongs to; how many they are, none where nobody is told. */
  queueAlert(db: Kysely<Schema>, alert: AlertMessage): Promise<number>;
  /** There is something new in the table. */
  look(): void;
  close(): Promise<void>;
}

const CATCH_UP_MS = 30_000;

export function startNotices(options: NoticeOptions): Notices {
  const {
    settings,
    url,
    key,
    approvals,
    directory,
    storage,
    now = Date.now,
    post = postOverHttp,
    readSecret = readSecretSource,
    backOffMs,
    report = () => {},
  } = options;
  const whispers = new Deliveries({ report, ...(backOffMs ? { backOffMs } : {}) });
  const spend = createSpend(storage, now);
  const links = createLinks({ url, key, approvals, directory, spend, now });
  const slack = settings.flatMap((one) => ('slack' in one ? [one.slack] : []))[0];
  const call = slack && createSlackCall(slack, post, readSecret);
  const channels = settings.flatMap((one): Channel[] => {
    if ('email' in one) return [createEmail(one.email, links, readSecret)];
    if ('webhook' in one) return [createWebhook(one.webhook, { post, links, now, readSecret })];
    return call ? [createSlack(one.slack, call)] : [];
  });
  const outbox = channels.length === 0 ? undefined : startOutbox(channels, { ...options, now });
  return {
    links,
    slack: slack && call && openHook(slack, call, { approvals, directory, spend, whispers, now, readSecret }),
    async queueAlert(db, alert) {
      const messages = outbox ? alertMessages(alert, channels) : [];
      await insertMessages(db, messages, now());
      return messages.length;
    },
    look: () => outbox?.look(),
    async close() {
      await outbox?.close();
      await whispers.close();
    },
  };
}

/** Queues what happens to approvals, and sends what is queued. */
function startOutbox(channels: readonly Channel[], options: NoticeOptions & { readonly now: () => number }): Pick<Outbox, 'look' | 'close'> {
  const { approvals, storage, now, url, backOffMs, report = () => {} } = options;
  const byId = new Map(channels.map((channel) => [channel.id, channel]));
  const outbox = new Outbox({
    storage,
    send: (message, signal) => sendMessage(message, signal),
    name: ({ channel, address }) => byId.get(channel)?.name(address) ?? 'a channel that is no longer configured',
    now,
    report,
    ...(backOffMs ? { backOffMs } : {}),
  });

  async function sendMessage(message: OutboxRow, signal: AbortSignal): Promise<string | undefined | typeof DROPPED> {
    const channel = byId.get(message.channel);
    const notice = channel && (await readNotice(message, channel));
    if (!channel || !notice) return DROPPED;
    return channel.send(notice, message.address, { id: message.id, receipt: await lastReceipt(storage.db, message.thread), signal });
  }

  async function readNotice({ payload }: OutboxRow, channel: Channel): Promise<Notice | undefined> {
    // Written by `approvalMessages` or `alertMessages`.
    const about = JSON.parse(payload) as ApprovalPayload | AlertNotice;
    if ('alert' in about) return about;
    const approval = await approvals.get(about.approval);
    if (!approval || (about.status === 'pending' && approval.status !== 'pending' && channel.readers === 'people')) return undefined;
    return noticeOf({ ...approval, status: about.status }, url, channel.limit);
  }

  const queue = (approval: Approval, status: ApprovalStatus): Promise<void> => outbox.add(approvalMessages(approval, status, channels));
  const stopHearing = approvals.onOwnChange((approval) => {
    // What runs was granted, and that was told. A message that cannot be queued now is found by the next look.
    if (approval.status !== 'executing' && approval.status !== 'consumed') queue(approval, approval.status).catch(report);
  });
  const look = (): void => void (looking = looking.then(() => catchUp(storage, now(), queue)).catch(report));
  let looking: Promise<void> = Promise.resolve();
  look();
  const timer = setInterval(look, CATCH_UP_MS);
  timer.unref();
  return {
    look: () => outbox.look(),
    async close() {
      stopHearing();
      clearInterval(timer);
      await looking;
      await outbox.close();
    },
  };
}

function alertMessages({ id, to, title, facts, url, alert }: AlertMessage, channels: readonly Channel[]): readonly NewMessage[] {
  const notice: AlertNotice = { kind: 'alert', title, facts, url, alert };
  return channels.flatMap((channel) =>
    channel.addresses(to).map((address) => {
      const thread = threadOf(id, channel, address);
      return { id: messageId(thread, 'alert'), thread, channel: channel.id, address, payload: JSON.stringify(notice) };
    }),
  );
}

interface HookParts {
  readonly approvals: ApprovalService;
  readonly directory: Directory;
  readonly spend: Spend;
  readonly whispers: Deliveries;
  readonly readSecret: ReadSecretSource;
  readonly now: () => number;
}

/** Slack waits three seconds for an answer. */
const ASK_MS = 2_000;

function openHook(slack: SlackSettings, call: SlackCall, { approvals, directory, spend, whispers, now, readSecret }: HookParts): SlackHook {
  return createSlackHook({
    secret: () => readSecret(slack.signingSecret),
    approvals,
    people: createSlackPeople(slack.people, call, () => AbortSignal.timeout(ASK_MS)),
    directory,
    spend,
    // Of use for the moment only: it is in no queue that outlives the process.
    whisper: (channel, user, text) =>
      whispers.add({
        name: `slack ${user}`,
        send: async (signal) => void (await call('chat.postEphemeral', { channel, user, text: `sallyport: ${text}`, parse: 'none', mrkdwn: false }, signal)),
      }),
    now,
  });
}
