import { queryOptions } from '@tanstack/react-query';
import type { ApiClient } from '../../api/client.ts';
import { listApprovals, readApproval } from '../../api/approvals.ts';

export const approvalsQuery = (api: ApiClient) => queryOptions({ queryKey: ['approvals'], queryFn: ({ signal }) => listApprovals(api, signal) });

/** One record by its id, for a link to a request that the list no longer holds. */
export const approvalQuery = (api: ApiClient, id: string) =>
  queryOptions({ queryKey: ['approvals', id], queryFn: ({ signal }) => readApproval(api, id, signal) });
