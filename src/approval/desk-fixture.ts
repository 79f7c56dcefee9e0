import type { Subject } from '../core/subject.ts';
import { openStorage, type Storage } from '../storage/storage.ts';
import { openApprovals, type ApprovalOptions, type ApprovalService } from './approvals.ts';
import { askFor, Clock, KEY, lead, MemoryRecorder, type AskParts } from './fixtures.ts';

export interface DatabaseAdapter {
  readonly name: string;
  fresh(): Promise<string>;
}

/** A gateway's approvals on a database of its own, as tests drive them. */
export interface TestDesk {
  readonly approvals: ApprovalService;
  readonly recorder: MemoryRecorder;
  readonly clock: Clock;
  readonly storage: Storage;
  /** Another process on the same database. */
  another(owner: string, options?: Partial<ApprovalOptions>): Promise<ApprovalService>;
  /** Asks for a command and has `approvers` say yes; the id. */
  granted(parts?: AskParts, approvers?: readonly Subject[]): Promise<string>;
}

export async function withDesk(adapter: DatabaseAdapter, work: (desk: TestDesk) => Promise<void>, options: Partial<ApprovalOptions> = {}): Promise<void> {
  const url = await adapter.fresh();
  const [clock, recorder] = [new Clock(), new MemoryRecorder()];
  const closers: (() => Promise<void>)[] = [];
  const another: TestDesk['another'] = async (owner, more = {}) => {
    const storage = await openStorage({ url });
    closers.push(() => storage.close());
    const approvals = await openApprovals({ storage, recorder, key: KEY, now: clock.now, ...options, owner, ...more });
    closers.push(() => approvals.close());
    return approvals;
  };
  try {
    const storage = await openStorage({ url });
    closers.push(() => storage.close());
    const approvals = await another('gateway-1');
    const granted: TestDesk['granted'] = async (parts = {}, approvers = [lead]) => {
      const { id } = await approvals.request(askFor(parts));
      for (const approver of approvers) await approvals.answer(id, approver, 'approve', 'looks right');
      return id;
    };
    await work({ approvals, recorder, clock, storage, another, granted });
  } finally {
    for (const close of closers.toReversed()) await close().catch(() => {});
  }
}
