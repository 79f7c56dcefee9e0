import { createHash } from 'node:crypto';
import type { Approval, ApprovalStatus } from '../core/approval.ts';
import { concernedBy } from './addressees.ts';
import type { Channel } from './channel.ts';
import type { NewMessage } from './outbox-rows.ts';

/** What stands in the queue of an approval; the rest is read when it is sent. */
export interface ApprovalPayload {
  readonly approval: string;
  /** As it was. */
  readonly status: ApprovalStatus;
}

/** One message for each address that has to know; the same ones, however often they are asked for. */
export function approvalMessages(approval: Approval, status: ApprovalStatus, channels: readonly Channel[]): readonly NewMessage[] {
  const who = concernedBy(approval);
  const payload: ApprovalPayload = { approval: approval.id, status };
  return channels.flatMap((channel) =>
    channel.addresses(who).map((address) => {
      const thread = threadOf(approval.id, channel, address);
      return { id: messageId(thread, status), thread, channel: channel.id, address, payload: JSON.stringify(payload) };
    }),
  );
}

/** What people were to be told of an approval that is as it is now. Running and having run, it was granted. */
export function toldOf({ status }: Approval): readonly ApprovalStatus[] {
  switch (status) {
    case 'pending':
    case 'denied':
    case 'expired':
    case 'withdrawn':
    case 'granted':
      return [status];
    case 'indeterminate':
      return ['granted', 'indeterminate'];
    case 'executing':
    case 'consumed':
      return ['granted'];
    default:
      return status satisfies never;
  }
}

export function threadOf(about: string, channel: Channel, address: string): string {
  return JSON.stringify([about, channel.id, address]);
}

/** In the form that Standard Webhooks proposes. */
export function messageId(thread: string, what: string): string {
  return `msg_${createHash('sha256')
    .update(JSON.stringify([thread, what]))
    .digest('hex')
    .slice(0, 32)}`;
}
