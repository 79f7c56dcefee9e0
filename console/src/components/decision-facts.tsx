import type { ReactNode } from 'react';
import type { ApprovalView, Risk } from '../api/approvals.ts';
import { AtStake, nameOfStake } from './at-stake.tsx';
import css from './decision-facts.module.css';
import { Line } from './escaped.tsx';

interface DecisionFactsProps {
  readonly label: string;
  readonly decision: { readonly rule: string; readonly reason: string; readonly risk: Risk; readonly window?: ApprovalView['window'] };
  /** What is said before and after the rest, as pairs of `Fact`. */
  readonly before?: ReactNode;
  readonly after?: ReactNode;
}

/** Why something is decided as it is: the same wherever a decision is shown. */
export function DecisionFacts({ label, decision, before, after }: DecisionFactsProps): ReactNode {
  const { rule, reason } = decision;
  return (
    <dl className={css.facts} aria-label={label}>
      {before}
      <Fact name="Rule">
        <code>
          <Line text={rule} />
        </code>
      </Fact>
      {reason !== '' && (
        <Fact name="Reason">
          <Line text={reason} />
        </Fact>
      )}
      <Fact name={nameOfStake(decision)}>
        <AtStake {...decision} />
      </Fact>
      {after}
    </dl>
  );
}

export function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }): ReactNode {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}
