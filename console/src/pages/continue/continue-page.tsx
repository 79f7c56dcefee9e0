import { useEffect, type ReactNode } from 'react';
import { useSearch } from '@tanstack/react-router';
import { Empty } from '../../components/empty.tsx';
import { pageOfGateway } from './page-of-gateway.ts';

/** Behind the gate, so it is there once somebody is signed in: back to the page of the gateway that asked for it. */
export function ContinuePage(): ReactNode {
  const { to } = useSearch({ from: '/continue' });
  const page = pageOfGateway(to);
  useEffect(() => {
    if (page !== undefined) globalThis.location.replace(page);
  }, [page]);
  return page === undefined ? <Empty title="There is nothing to go on with">Start again in your client.</Empty> : null;
}
