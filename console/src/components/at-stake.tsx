import type { ReactNode } from 'react';
import type { ApprovalView, Risk } from '../api/approvals.ts';
import { hours } from '../text/time.ts';
import { Line } from './escaped.tsx';
import { RiskDetail } from './risk.tsx';

interface AtStakeProps {
  readonly risk: Risk;
  readonly window?: ApprovalView['window'];
}

/** What a yes may come to: the risk of a command, or all that a window lets through, whose risk nobody knows. */
export function AtStake({ risk, window }: AtStakeProps): ReactNode {
  if (!window) return <RiskDetail risk={risk} />;
  const { pattern, minutes, constraint } = window;
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

export const nameOfStake = ({ window }: Pick<AtStakeProps, 'window'>): string => (window ? 'Lets through' : 'Risk');
