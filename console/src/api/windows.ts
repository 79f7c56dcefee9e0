import type { ApprovalView } from './approvals.ts';
import type { ApiClient } from './client.ts';

/** Access to every command of a kind for some time: an approval that says which, and whose `expiresAt` is its end once it is open. */
export type WindowView = ApprovalView & { readonly window: NonNullable<ApprovalView['window']> };

export type WindowPlace = 'open' | 'asked' | 'ended';

export interface WindowAsk {
  readonly target: string;
  readonly command: string;
  readonly constraint?: string;
  /** `30m`, `2h`. */
  readonly for: string;
  readonly reason: string;
  readonly breakGlass: boolean;
}

export const isWindow = (approval: ApprovalView): approval is WindowView => approval.window !== undefined;

/** A window is over at its end, told or not. */
export function placeOfWindow({ status, expiresAt }: Pick<ApprovalView, 'status' | 'expiresAt'>, now: number): WindowPlace {
  if (Date.parse(expiresAt) <= now) return 'ended';
  if (status === 'pending') return 'asked';
  return status === 'granted' ? 'open' : 'ended';
}

export async function askForWindow(client: ApiClient, ask: WindowAsk): Promise<ApprovalView> {
  return client.call('windows', { method: 'POST', body: ask });
}
