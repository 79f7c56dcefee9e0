import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import type { WindowPlace, WindowView } from '../../api/windows.ts';
import { Line } from '../../components/escaped.tsx';
import { Tag } from '../../components/tag.tsx';
import { Ago, Clock, TimeLeft } from '../../components/times.tsx';
import { AnswerDialog } from '../approvals/answer-dialog.tsx';
import { hours } from '../../text/time.ts';
import { StatusTag } from '../approvals/status-tag.tsx';
import css from './windows-page.module.css';

interface WindowCardProps {
  readonly window: WindowView;
  readonly place: WindowPlace;
}

export function WindowCard({ window: approval, place }: WindowCardProps): ReactNode {
  const { id, subject, target, window } = approval;
  return (
    <li className={css.card}>
      <div className={css.what}>
        <p className={css.title}>
          <code>
            <Line text={window.pattern} />
          </code>
          {window.breakGlass && <Tag tone="bad">break-glass</Tag>}
          {place === 'ended' && <StatusTag approval={approval} />}
        </p>
        <p className={css.who}>
          <Line text={subject.name} /> <span aria-label="on">→</span> <Line text={target} />
          {window.constraint !== undefined && (
            <>
              , only where{' '}
              <code>
                <Line text={window.constraint} />
              </code>
            </>
          )}
        </p>
        <p className={css.reason}>
          <Line text={window.reason} />
        </p>
      </div>
      <div className={css.when}>
        <When approval={approval} place={place} />
      </div>
      <div className={css.act}>
        {place === 'asked' && (
          <Button component={Link} to={`/approvals/${id}`} size="compact-sm" variant={approval.mayAnswer ? 'filled' : 'default'}>
            {approval.mayAnswer ? 'Answer' : 'Look'}
          </Button>
        )}
        {place !== 'ended' && approval.mayWithdraw && <EndButton approval={approval} place={place} />}
      </div>
    </li>
  );
}

function When({ approval, place }: { readonly approval: WindowView; readonly place: WindowPlace }): ReactNode {
  const { expiresAt, createdAt, window, answers } = approval;
  if (place === 'ended') return <Ended approval={approval} />;
  const by = answers.filter(({ answer }) => answer === 'approve').map(({ approver }) => approver);
  if (place === 'asked') {
    return (
      <>
        <p>
          {hours(window.minutes)} once approved; asked <Ago at={createdAt} />
        </p>
        <p className={css.soft}>
          <TimeLeft until={expiresAt} /> to answer
        </p>
      </>
    );
  }
  return (
    <>
      <p>
        ends <Clock at={expiresAt} />
      </p>
      <p className={css.soft}>
        <TimeLeft until={expiresAt} />
        {by.length > 0 && (
          <>
            , approved by <Line text={by.join(', ')} />
          </>
        )}
      </p>
    </>
  );
}

/** The record has the moment at which somebody ended it; the row has the end that was agreed. */
function Ended({ approval: { status, createdAt, expiresAt } }: { readonly approval: WindowView }): ReactNode {
  return (
    <>
      <p>
        asked <Ago at={createdAt} />
      </p>
      {status !== 'withdrawn' && status !== 'denied' && (
        <p className={css.soft}>
          over since <Clock at={expiresAt} />
        </p>
      )}
    </>
  );
}

function EndButton({ approval, place }: { readonly approval: WindowView; readonly place: WindowPlace }): ReactNode {
  const [asking, setAsking] = useState(false);
  return (
    <>
      <Button size="compact-sm" variant="default" onClick={() => setAsking(true)}>
        {place === 'open' ? 'End now' : 'Withdraw'}
      </Button>
      {asking && <AnswerDialog approval={approval} verb="withdraw" close={() => setAsking(false)} />}
    </>
  );
}
