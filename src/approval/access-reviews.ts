import { SallyportError } from '../core/error.ts';
import { eventSubject, makeEvent } from '../core/event.ts';
import type { Recorder } from '../core/recorder.ts';
import type { Approval } from '../core/approval.ts';
import type { Subject } from '../core/subject.ts';
import type { AccessReviewRow } from '../storage/schema.ts';
import type { Storage } from '../storage/storage.ts';
import { readApproval } from './approval-row.ts';
import { isNamed, mayApprove } from './quorum.ts';

/** Access that somebody took in an emergency, and what came of looking at it. */
export interface AccessReview {
  readonly approval: Approval;
  readonly reviewers: readonly string[];
  readonly openedAt: number;
  readonly closedAt?: number;
  readonly closedBy?: string;
  readonly finding?: string;
}

export interface AccessReviews {
  /** What this viewer may close, took, or may see as a reviewer; open ones first. */
  list(viewer: Subject): Promise<readonly AccessReview[]>;
  /** Throws `not_found`, `forbidden`, `usage` without a finding, `conflict` where it is closed. */
  close(approval: string, reviewer: Subject, finding: string): Promise<AccessReview>;
}

const MAX_FINDING = 2_000;

export function openAccessReviews({
  storage,
  recorder,
  now = Date.now,
}: {
  readonly storage: Storage;
  readonly recorder: Recorder;
  readonly now?: () => number;
}): AccessReviews {
  const { db } = storage;

  async function read(row: AccessReviewRow): Promise<AccessReview> {
    const approval = await readApproval(db, await db.selectFrom('approvals').selectAll().where('id', '=', row.approval_id).executeTakeFirstOrThrow(), now());
    return {
      approval,
      reviewers: JSON.parse(row.reviewers) as string[],
      openedAt: row.opened_at,
      ...(row.closed_at === null ? {} : { closedAt: row.closed_at, closedBy: row.closed_by ?? '', finding: row.finding ?? '' }),
    };
  }

  return {
    async list(viewer) {
      const rows = await db.selectFrom('access_reviews').selectAll().orderBy('opened_at', 'desc').limit(500).execute();
      const all = await Promise.all(rows.map(read));
      const seen = all.filter((review) => mayReview(review, viewer) || review.approval.subject.name === viewer.name);
      return seen.toSorted((a, b) => Number(a.closedAt !== undefined) - Number(b.closedAt !== undefined));
    },
    async close(id, reviewer, finding) {
      const row = await db.selectFrom('access_reviews').selectAll().where('approval_id', '=', id).executeTakeFirst();
      if (!row) throw new SallyportError('not_found', 'there is no such review');
      const review = await read(row);
      if (!mayReview(review, reviewer))
        throw new SallyportError('forbidden', 'you are not among those who may close this review', {
          hint: `this takes ${review.reviewers.join(' or ')}, and never whoever took the access`,
        });
      if (finding.trim() === '' || finding.length > MAX_FINDING)
        throw new SallyportError('usage', 'a review is closed with a finding', { hint: 'say what was done with the access, in a sentence or two' });
      return closeRow(review, reviewer, finding);
    },
  };

  function closeRow(review: AccessReview, reviewer: Subject, finding: string): Promise<AccessReview> {
    const { id, target } = review.approval;
    return db.transaction().execute(async (within) => {
      const closed = { closed_at: now(), closed_by: reviewer.name, finding };
      const { numUpdatedRows } = await within
        .updateTable('access_reviews')
        .set(closed)
        .where('approval_id', '=', id)
        .where('closed_at', 'is', null)
        .executeTakeFirst();
      if (numUpdatedRows === 0n) throw new SallyportError('conflict', 'this review is closed already');
      await recorder.append(makeEvent('breakglass.reviewed', { subject: eventSubject(reviewer), target, approval: id, note: finding }, new Date(now())));
      return { ...review, closedAt: closed.closed_at, closedBy: reviewer.name, finding };
    });
  }
}

/** A person whom the policy named when the access was taken, and who is not whoever took it. */
function mayReview({ approval, reviewers }: AccessReview, viewer: Subject): boolean {
  return mayApprove(viewer, approval.subject) && isNamed(viewer, { from: reviewers });
}
