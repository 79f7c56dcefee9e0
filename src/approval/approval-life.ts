import type { ApprovalStatus } from '../core/approval.ts';
import type { ApprovalRow } from '../storage/schema.ts';

/** How long the same command, asked again, hears how it ended instead of asking people anew. */
export const RETELL_MS = 60_000;

type Life = Pick<ApprovalRow, 'status' | 'expires_at' | 'changed_at'>;

/** What ended by the clock is expired, whether or not that has been written down yet. */
export function statusAt(row: Life, now: number): ApprovalStatus {
  // Only this folder writes the column.
  const status = row.status as ApprovalStatus;
  const open = status === 'pending' || status === 'granted';
  return open && row.expires_at <= now ? 'expired' : status;
}

/** Whether this record is the answer to the same command asked again; otherwise people are asked anew. */
export function answersAgain(row: Life, now: number): boolean {
  const status = statusAt(row, now);
  switch (status) {
    case 'pending':
    case 'granted':
    case 'executing':
      return true;
    case 'consumed':
      return now < row.expires_at;
    case 'denied':
    case 'indeterminate':
      return now < row.changed_at + RETELL_MS;
    case 'expired':
      return now < row.expires_at + RETELL_MS;
    case 'withdrawn':
      return false;
    default:
      return status satisfies never;
  }
}
