import type { ReactNode } from 'react';
import type { ApprovalView } from '../../api/approvals.ts';
import { Tag, type Tone } from '../../components/tag.tsx';

const STATUS: Readonly<Record<ApprovalView['status'], readonly [tone: Tone, word: string, meaning: string]>> = {
  pending: ['warn', 'waiting', 'nobody answered yet'],
  granted: ['ok', 'approved', 'approved; it runs when the client calls again'],
  denied: ['bad', 'denied', 'it did not run'],
  expired: ['plain', 'expired', 'nobody answered in time, or it was not used in time; it did not run'],
  withdrawn: ['plain', 'withdrawn', 'the requester took it back; it did not run'],
  executing: ['accent', 'running', 'approved and forwarded; no reply yet'],
  consumed: ['ok', 'approved, ran', 'it ran once and cannot run again'],
  indeterminate: ['bad', 'outcome unknown', 'it may have run; it is not repeated'],
};

export function StatusTag({ status }: { readonly status: ApprovalView['status'] }): ReactNode {
  const [tone, word] = STATUS[status];
  return <Tag tone={tone}>{word}</Tag>;
}

export function statusMeaning(status: ApprovalView['status']): string {
  return STATUS[status][2];
}
