import type { ReactNode } from 'react';
import type { ApprovalView } from '../../api/approvals.ts';
import { DecisionFacts, Fact } from '../../components/decision-facts.tsx';
import { Line } from '../../components/escaped.tsx';
import { ExactText } from '../../components/exact-text.tsx';
import { Tag } from '../../components/tag.tsx';
import { TimeLeft } from '../../components/times.tsx';
import css from './answer-dialog.module.css';

interface AnsweredRequestProps {
  readonly approval: ApprovalView;
  /** Called when the whole command is in view. */
  readonly onWhole: () => void;
}

/** All that an answer rests on, in the dialog that asks for it: nothing has to be remembered from behind it. */
export function AnsweredRequest({ approval, onWhole }: AnsweredRequestProps): ReactNode {
  const { subject, target, command, shown, digest, window } = approval;
  return (
    <div className={css.request}>
      <p className={css.what}>
        <strong>
          <Line text={command} />
        </strong>
        <span>
          <Line text={subject.name} /> <Tag>{subject.kind}</Tag> on <Line text={target} />
          {approval.status === 'pending' && (
            <>
              , <TimeLeft until={approval.expiresAt} />
            </>
          )}
        </span>
      </p>
      <ExactText label={window ? 'Exactly what is asked for' : 'Exact command'} text={shown} onWhole={onWhole} />
      <DecisionFacts
        label="What it rests on"
        decision={approval}
        after={
          <Fact name="Digest">
            <code>{digest}</code>
          </Fact>
        }
      />
    </div>
  );
}
