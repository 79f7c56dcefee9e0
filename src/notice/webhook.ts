import { createHash } from 'node:crypto';
import { SallyportError } from '../core/error.ts';
import { eventSubject } from '../core/event.ts';
import { webhookHeaders } from '../core/webhook-signature.ts';
import type { ReadSecretSource } from '../credential/secret-reader.ts';
import type { Channel, Sending } from './channel.ts';
import type { Links } from './links.ts';
import type { ApprovalNotice, Notice } from './notice.ts';
import type { Post } from '../network/post.ts';
import type { WebhookSettings } from './settings.ts';

export function createWebhook(
  settings: WebhookSettings,
  { post, links, now, readSecret }: { readonly post: Post; readonly links: Links; readonly now: () => number; readonly readSecret: ReadSecretSource },
): Channel {
  async function send(notice: Notice, _address: string, { id, signal }: Sending): Promise<undefined> {
    const secret = await readSecret(settings.secret);
    const body = JSON.stringify(
      notice.kind === 'alert'
        ? { type: 'alert', timestamp: timestamp(), data: { ...notice.alert, title: notice.title, url: notice.url } }
        : await payload(notice),
    );
    const seconds = Math.floor(now() / 1000);
    const headers = {
      'content-type': 'application/json',
      'user-agent': 'sallyport',
      ...webhookHeaders(secret.reveal(), { id, seconds, body }),
    };
    const { status } = await post(settings.url, { headers, body }, signal);
    if (status >= 200 && status < 300) return undefined;
    if (status === 410) throw new SallyportError('usage', 'the receiver is gone (HTTP 410)');
    throw new SallyportError(
      'upstream_invalid',
      `the receiver answered with HTTP ${status}${status >= 300 && status < 400 ? ': redirects are not followed' : ''}`,
    );
  }

  const timestamp = (): string => new Date(now()).toISOString();

  async function payload(notice: ApprovalNotice): Promise<object> {
    const { approval, title, facts, command, url, kind } = notice;
    const { id, status, subject, target, digest, decision, shown, expiresAt } = approval;
    const made =
      notice.kind === 'requested' ? await Promise.all(settings.people.map(async (person) => ({ person, url: await links.make(approval, person) }))) : [];
    return {
      type: `approval.${kind}`,
      timestamp: timestamp(),
      data: {
        id,
        status,
        title,
        url,
        subject: eventSubject(subject),
        target,
        command: approval.command,
        // As it is, for programs; `text` is what a person may be shown.
        shown,
        text: [...facts.map(([name, value]) => `${name}: ${value}`), command.text, ...(command.shortened ? [command.shortened] : [])].join('\n'),
        digest,
        rule: decision.rule,
        reason: decision.reason,
        risk: decision.risk,
        approvals: decision.approvals,
        expiresAt: new Date(expiresAt).toISOString(),
        links: made.filter((link) => link.url !== undefined),
        ...(approval.window ? { window: approval.window } : {}),
      },
    };
  }

  return {
    // The URL may hold a secret.
    id: `webhook ${createHash('sha256').update(settings.url).digest('hex').slice(0, 16)}`,
    limit: 20_000,
    readers: 'programs',
    addresses: () => [''],
    name: () => `webhook ${new URL(settings.url).host}`,
    send,
  };
}
