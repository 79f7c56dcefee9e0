import type { ReactNode } from 'react';
import type { ApprovalView } from '../../api/approvals.ts';
import { Tag, type Tone } from '../../components/tag.tsx';

type Meaning = readonly [tone: Tone, word: string, meaning: string];
type Meanings = Readonly<Record<ApprovalView['status'], Meaning>>;

const COMMAND: Meanings = {
  pending: ['warn', 'waiting', 'nobody answered yet'],
  granted: ['ok', 'approved', 'approved; it runs when the client calls again'],
  denied: ['bad', 'denied', 'it did not run'],
  expired: ['plain', 'expired', 'nobody answered in time, or it was not used in time; it did not run'],
  withdrawn: ['plain', 'withdrawn', 'the requester took it back; it did not run'],
  executing: ['accent', 'running', 'approved and forwarded; no reply yet'],
  consumed: ['ok', 'approved, ran', 'it ran once and cannot run again'],
  indeterminate: ['bad', 'outcome unknown', 'it may have run; it is not repeated'],
};

const WINDOW: Meanings = {
  ...COMMAND,
  granted: ['ok', 'open', 'the window is open until its end'],
  denied: ['bad', 'denied', 'the window never opened'],
  expired: ['plain', 'over', 'its time is over, or nobody answered in time'],
  withdrawn: ['plain', 'ended early', 'somebody ended it, or it was taken back'],
};

const meaningOf = ({ status, window }: Pick<ApprovalView, 'status' | 'window'>): Meaning => (window ? WINDOW : COMMAND)[status];

export function StatusTag({ approval }: { readonly approval: Pick<ApprovalView, 'status' | 'window'> }): ReactNode {
  const [tone, word] = meaningOf(approval);
  return <Tag tone={tone}>{word}</Tag>;
}

export const statusMeaning = (approval: Pick<ApprovalView, 'status' | 'window'>): string => meaningOf(approval)[2];
