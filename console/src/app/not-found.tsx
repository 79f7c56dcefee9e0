import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { Empty } from '../components/empty.tsx';

export function NotFound(): ReactNode {
  return (
    <Empty title="There is no such page">
      <Link to="/approvals">Go to the approvals</Link>
    </Empty>
  );
}
