import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { laterOf, mergeApproval, placeOf } from '../api/approval-inbox.ts';
import { followApprovals } from '../api/approval-stream.ts';
import type { ApprovalView } from '../api/approvals.ts';
import { approvalsQuery } from '../pages/approvals/queries.ts';
import { escapeLine } from '../text/escape.ts';
import { useApi } from './api-context.ts';

export interface LiveApprovals {
  /** How many wait for this viewer. */
  readonly waiting: number;
  readonly live: boolean;
  /** What a screen reader says of the newest request. */
  readonly announcement: string;
}

const APPROVALS = ['approvals'];
const POLL_MS = 5_000;

/** Keeps the approvals in the query cache true: by the stream, and by asking every five seconds while that is broken. */
export function useLiveApprovals(): LiveApprovals {
  const queries = useQueryClient();
  const { data } = useQuery(approvalsQuery(useApi()));
  const [live, setLive] = useState(false);

  useEffect(() => {
    const refresh = (): void => void queries.invalidateQueries({ queryKey: APPROVALS });
    return followApprovals({
      changed: (approval) => {
        queries.setQueryData<readonly ApprovalView[]>(APPROVALS, (list) => list && mergeApproval(list, approval));
        queries.setQueryData<ApprovalView>([...APPROVALS, approval.id], (known) => laterOf(known, approval));
      },
      opened: () => {
        setLive(true);
        refresh();
      },
      lost: () => setLive(false),
    });
  }, [queries]);

  useEffect(() => {
    if (live) return undefined;
    const timer = setInterval(() => void queries.invalidateQueries({ queryKey: APPROVALS }), POLL_MS);
    return () => clearInterval(timer);
  }, [live, queries]);

  const waiting = (data ?? []).filter((approval) => placeOf(approval) === 'mine-to-answer');
  return { waiting: waiting.length, live, announcement: useAnnouncement(data === undefined ? undefined : waiting) };
}

/** Tells of requests that came after the first look. */
function useAnnouncement(waiting: readonly ApprovalView[] | undefined): string {
  const known = useRef<Set<string>>(undefined);
  const [said, setSaid] = useState('');
  useEffect(() => {
    if (waiting === undefined) return;
    const fresh = waiting.filter((approval) => known.current !== undefined && !known.current.has(approval.id));
    known.current = new Set([...(known.current ?? []), ...waiting.map((approval) => approval.id)]);
    const [newest] = fresh;
    if (newest) setSaid(escapeLine(`New approval request: ${newest.subject.name} asks for ${newest.command} on ${newest.target}`));
  }, [waiting]);
  return said;
}
