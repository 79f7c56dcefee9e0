import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { ApprovalView } from '../../api/approvals.ts';
import { useApi } from '../../app/api-context.ts';
import { Icon } from '../../app/icon.tsx';
import { Problem } from '../../components/problem.tsx';
import css from './approval-detail.module.css';
import { ApprovalDetail } from './approval-detail.tsx';
import { approvalQuery, approvalsQuery } from './queries.ts';

/** The request that the address names: from the live list, or asked for by itself. */
export function ApprovalDetailPage(): ReactNode {
  const { id } = useParams({ from: '/approvals/$id' });
  const api = useApi();
  const list = useQuery(approvalsQuery(api));
  const listed = list.data?.find((approval: ApprovalView) => approval.id === id);
  const single = useQuery({ ...approvalQuery(api, id), enabled: list.data !== undefined && listed === undefined });
  const approval = listed ?? single.data;
  return (
    <div className={css.frame}>
      <Link to="/approvals" className={css.back}>
        <Icon name="back" />
        All requests
      </Link>
      {approval && <ApprovalDetail key={approval.id} approval={approval} />}
      {!approval && single.error && <Problem error={single.error} again={() => void single.refetch()} />}
    </div>
  );
}
