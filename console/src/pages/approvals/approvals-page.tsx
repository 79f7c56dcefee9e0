import { useQuery } from '@tanstack/react-query';
import { Outlet, useNavigate, useParams } from '@tanstack/react-router';
import { useMemo, useState, type ReactNode } from 'react';
import { matchesFilter, sortInbox, type InboxPlace } from '../../api/approval-inbox.ts';
import { useApi } from '../../app/api-context.ts';
import { ConnectHelp } from '../../components/connect-help.tsx';
import { Empty } from '../../components/empty.tsx';
import { Filter } from '../../components/filter.tsx';
import { Problem } from '../../components/problem.tsx';
import { useRows } from '../../components/use-rows.ts';
import { ApprovalRow } from './approval-row.tsx';
import css from './approvals-page.module.css';
import { approvalsQuery } from './queries.ts';
import { isWide } from './wide.ts';

const HEADINGS: Readonly<Record<InboxPlace, string>> = {
  'mine-to-answer': 'Needs your answer',
  waiting: 'Waiting for others',
  settled: 'Answered or ended',
};

/** The inbox beside the request that is open. On a narrow screen one covers the other. */
export function ApprovalsPage(): ReactNode {
  const { data, error, isPending, refetch } = useQuery(approvalsQuery(useApi()));
  const { id } = useParams({ strict: false });
  const [filter, setFilter] = useState('');
  const navigate = useNavigate();
  const list = useRows<HTMLElement>((row) => {
    if (isWide()) void navigate({ to: '/approvals/$id', params: { id: row }, replace: true });
  });
  const sections = useMemo(() => sortInbox((data ?? []).filter((approval) => matchesFilter(approval, filter))), [data, filter]);

  if (data?.length === 0 && id === undefined) return <NothingYet />;
  return (
    <div className={css.page} data-open={id !== undefined}>
      <section className={css.inbox} aria-label="Approval requests" ref={list}>
        <div className={css.head}>
          <h1>Approvals</h1>
          <Filter label="Filter requests" value={filter} onChange={setFilter} />
        </div>
        {error && (
          <div className={css.pad}>
            <Problem error={error} again={() => void refetch()} />
          </div>
        )}
        {isPending && <p className={css.pad}>Loading…</p>}
        {data && sections.length === 0 && <Empty title="No request matches">Clear the filter to see all {data.length}.</Empty>}
        {data && filter === '' && sections.length > 0 && sections[0]?.place !== 'mine-to-answer' && <p className={css.calm}>Nothing needs your answer.</p>}
        {sections.map(({ place, approvals }) => (
          <section key={place} aria-labelledby={`inbox-${place}`}>
            <h2 className={css.heading} id={`inbox-${place}`}>
              {HEADINGS[place]} <span>{approvals.length}</span>
            </h2>
            <ul>
              {approvals.map((approval) => (
                <ApprovalRow key={approval.id} approval={approval} />
              ))}
            </ul>
          </section>
        ))}
      </section>
      <div className={css.detail}>
        <Outlet />
      </div>
    </div>
  );
}

function NothingYet(): ReactNode {
  return (
    <div className={css.nothing}>
      <Empty title="No request waits, and none ever did">
        A command that a policy holds for approval appears here by itself. To send the first one, connect a client:
      </Empty>
      <ConnectHelp />
    </div>
  );
}
