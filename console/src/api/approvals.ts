import type { ApiClient } from './client.ts';

type ApprovalStatus = 'pending' | 'granted' | 'denied' | 'expired' | 'withdrawn' | 'executing' | 'consumed' | 'indeterminate';

export interface ApprovalAnswer {
  readonly approver: string;
  readonly answer: 'approve' | 'deny';
  readonly reason: string;
  readonly at: string;
}

export interface ApprovalRequirement {
  readonly rule: string;
  readonly from: readonly string[];
  readonly quorum: number;
  readonly reason: 'required' | 'optional';
}

export interface Risk {
  readonly score: number;
  readonly factors: readonly { readonly name: string; readonly points: number }[];
}

/** One held command as this viewer may see it. Times are RFC 3339. */
export interface ApprovalView {
  readonly id: string;
  readonly status: ApprovalStatus;
  readonly subject: { readonly name: string; readonly kind: string; readonly groups: readonly string[] };
  readonly target: string;
  readonly command: string;
  readonly shown: string;
  readonly digest: string;
  readonly rule: string;
  readonly reason: string;
  readonly risk: Risk;
  readonly approvals: readonly ApprovalRequirement[];
  readonly answers: readonly ApprovalAnswer[];
  readonly createdAt: string;
  readonly expiresAt: string;
  readonly mayAnswer: boolean;
  readonly mine: boolean;
  readonly mayWithdraw: boolean;
  /** Where it is of a kind of commands for some time. */
  readonly window?: {
    readonly pattern: string;
    readonly constraint?: string;
    readonly minutes: number;
    readonly reason: string;
    readonly breakGlass: boolean;
  };
}

export type AnswerVerb = 'approve' | 'deny' | 'withdraw';

export async function listApprovals(client: ApiClient, signal: AbortSignal): Promise<readonly ApprovalView[]> {
  return (await client.call<{ readonly approvals: readonly ApprovalView[] }>('approvals?status=all', { signal })).approvals;
}

export async function readApproval(client: ApiClient, id: string, signal: AbortSignal): Promise<ApprovalView> {
  return client.call(`approvals/${encodeURIComponent(id)}`, { signal });
}

export async function answerApproval(client: ApiClient, id: string, verb: AnswerVerb, reason: string): Promise<ApprovalView> {
  return client.call(`approvals/${encodeURIComponent(id)}/${verb}`, { method: 'POST', body: reason === '' ? {} : { reason } });
}

export function needsReason(approval: ApprovalView): boolean {
  return approval.approvals.some((requirement) => requirement.reason === 'required');
}
