import { Link } from '@tanstack/react-router';
import { memo, type ReactNode } from 'react';
import type { ApprovalView } from '../../api/approvals.ts';
import { Line } from '../../components/escaped.tsx';
import { RiskScore } from '../../components/risk.tsx';
import { Tag } from '../../components/tag.tsx';
import { Ago, TimeLeft } from '../../components/times.tsx';
import { hours } from '../../text/time.ts';
import css from './approval-row.module.css';
import { StatusTag } from './status-tag.tsx';

export const ApprovalRow = memo(function ApprovalRow({ approval }: { readonly approval: ApprovalView }): ReactNode {
  const { id, subject, target, command, status } = approval;
  return (
    <li>
      <Link to="/approvals/$id" params={{ id }} className={css.row} data-row={id} preload={false}>
        <span className={css.command}>
          <Line text={command} />
        </span>
        <span className={css.time}>{status === 'pending' ? <TimeLeft until={approval.expiresAt} /> : <Ago at={approval.createdAt} />}</span>
        <span className={css.who}>
          <Line text={subject.name} /> <span aria-label="on">→</span> <Line text={target} />
        </span>
        <span className={css.state}>{status === 'pending' ? <Weight approval={approval} /> : <StatusTag approval={approval} />}</span>
      </Link>
    </li>
  );
});

/** The risk of a command; nobody knows that of all that a window lets through, but how long it is open. */
function Weight({ approval: { risk, window } }: { readonly approval: ApprovalView }): ReactNode {
  return window ? <Tag>for {hours(window.minutes)}</Tag> : <RiskScore score={risk.score} />;
}
