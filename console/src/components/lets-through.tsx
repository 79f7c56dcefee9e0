import type { ReactNode } from 'react';
import type { ApprovalView } from '../api/approvals.ts';
import { hours } from '../text/time.ts';
import { Line } from './escaped.tsx';

/** What a yes to a window comes to, in words. */
export function LetsThrough({ window: { pattern, minutes, constraint } }: { readonly window: NonNullable<ApprovalView['window']> }): ReactNode {
  return (
    <>
      every command{' '}
      <code>
        <Line text={pattern} />
      </code>{' '}
      for {hours(minutes)}
      {constraint !== undefined && (
        <>
          , where{' '}
          <code>
            <Line text={constraint} />
          </code>
        </>
      )}
    </>
  );
}
