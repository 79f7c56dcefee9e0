import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useEffect, type ReactNode } from 'react';
import { sortInbox } from '../../api/approval-inbox.ts';
import { useApi } from '../../app/api-context.ts';
import { Empty } from '../../components/empty.tsx';
import { approvalsQuery } from './queries.ts';
import { isWide } from './wide.ts';

/** Opens the request that ends soonest. The address then names it, so a request that comes later never slides under the reader's hand. */
export function ApprovalsStart(): ReactNode {
  const { data } = useQuery(approvalsQuery(useApi()));
  const navigate = useNavigate();
  const first = data && sortInbox(data)[0]?.approvals[0]?.id;
  useEffect(() => {
    if (first !== undefined && isWide()) void navigate({ to: '/approvals/$id', params: { id: first }, replace: true });
  }, [first, navigate]);
  return data && <Empty title="Choose a request" />;
}
