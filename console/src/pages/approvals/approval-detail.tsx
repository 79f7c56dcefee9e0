import type { ReactNode } from 'react';
import type { ApprovalRequirement, ApprovalView } from '../../api/approvals.ts';
import { AtStake, nameOfStake } from '../../components/at-stake.tsx';
import { Copy } from '../../components/copy.tsx';
import { Line } from '../../components/escaped.tsx';
import { ExactText } from '../../components/exact-text.tsx';
import { Tag } from '../../components/tag.tsx';
import { Ago, Clock, TimeLeft } from '../../components/times.tsx';
import { AnswerBar } from './answer-bar.tsx';
import css from './approval-detail.module.css';
import { StatusTag } from './status-tag.tsx';

/** Everything an answer rests on, the exact command first. */
export function ApprovalDetail({ approval }: { readonly approval: ApprovalView }): ReactNode {
  return (
    <article className={css.detail} aria-labelledby="request-title">
      <div className={css.scroll}>
        <header className={css.header}>
          <h2 id="request-title" className={css.title}>
            <Line text={approval.command} />
          </h2>
          <p className={css.sub}>
            <StatusTag approval={approval} />
            <span>
              <Line text={approval.subject.name} /> on <Line text={approval.target} />
            </span>
            {(approval.status === 'pending' || approval.window) && <TimeLeft until={approval.expiresAt} />}
          </p>
        </header>
        <ExactText label={approval.window ? 'Exactly what is asked for' : 'Exact command'} text={approval.shown} />
        <Facts approval={approval} />
        <Needed approval={approval} />
        <Answers approval={approval} />
      </div>
      <AnswerBar approval={approval} />
    </article>
  );
}

function Facts({ approval }: { readonly approval: ApprovalView }): ReactNode {
  const { subject, window } = approval;
  return (
    <dl className={css.facts}>
      <Fact name="Asked by">
        <Line text={subject.name} /> <Tag>{subject.kind}</Tag>
        {subject.groups.map((group) => (
          <span key={group} className={css.group}>
            <Line text={group} />
          </span>
        ))}
      </Fact>
      <Fact name="Held by">
        rule{' '}
        <code>
          <Line text={approval.rule} />
        </code>
        {!window && approval.reason !== '' && (
          <>
            : <Line text={approval.reason} />
          </>
        )}
      </Fact>
      {window && (
        <Fact name="Reason">
          <Line text={window.reason} />
        </Fact>
      )}
      <Fact name={nameOfStake(approval)}>
        <AtStake {...approval} />
      </Fact>
      <Fact name="Asked">
        <Ago at={approval.createdAt} />{' '}
        <span className={css.faint}>
          (<Clock at={approval.createdAt} />)
        </span>
      </Fact>
      <Fact name="Digest">
        <span className={css.digest}>
          <code>{approval.digest}</code> <Copy value={approval.digest} what="the digest" />
        </span>
      </Fact>
      <Fact name="Request">
        <code>{approval.id}</code>
      </Fact>
    </dl>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }): ReactNode {
  return (
    <div className={css.fact}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Needed({ approval }: { readonly approval: ApprovalView }): ReactNode {
  return (
    <section className={css.section} aria-label="Who must approve">
      <h3>Needs</h3>
      <ul className={css.list}>
        {approval.approvals.map((requirement, index) => (
          <li key={index}>
            {people(requirement)} of <Line text={requirement.from.join(' or ')} />{' '}
            <span className={css.faint}>
              for rule <Line text={requirement.rule} />, reason {requirement.reason}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Answers({ approval }: { readonly approval: ApprovalView }): ReactNode {
  if (approval.answers.length === 0) return null;
  return (
    <section className={css.section} aria-label="Answers so far">
      <h3>Answers</h3>
      <ul className={css.list}>
        {approval.answers.map((answer, index) => (
          <li key={index}>
            <Tag tone={answer.answer === 'approve' ? 'ok' : 'bad'}>{answer.answer === 'approve' ? 'approved' : 'denied'}</Tag> <Line text={answer.approver} />{' '}
            <span className={css.faint}>
              <Ago at={answer.at} />
            </span>
            {answer.reason !== '' && (
              <p className={css.quote}>
                <Line text={answer.reason} />
              </p>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

function people({ quorum }: ApprovalRequirement): string {
  return quorum === 1 ? 'one person' : `${quorum} people`;
}
