import type { ReactNode } from 'react';
import { maskSubjects, type ExplainedDecision } from '../../api/policy.ts';
import { Line } from '../../components/escaped.tsx';
import { RiskDetail } from '../../components/risk.tsx';
import { Tag, type Tone } from '../../components/tag.tsx';
import css from './policy-page.module.css';

const TONES: Readonly<Record<ExplainedDecision['effect'], Tone>> = { allow: 'ok', deny: 'bad', review: 'warn' };

export function ExplainedAnswer({ decision: { effect, rule, reason, risk, masks } }: { readonly decision: ExplainedDecision }): ReactNode {
  const masked = masks.flatMap(maskSubjects);
  return (
    <dl className={css.answer} aria-label="Answer">
      <dt>Effect</dt>
      <dd>
        <Tag tone={TONES[effect]}>{effect}</Tag>
      </dd>
      <dt>Rule</dt>
      <dd>
        <code>
          <Line text={rule} />
        </code>
      </dd>
      {reason !== '' && (
        <>
          <dt>Reason</dt>
          <dd>
            <Line text={reason} />
          </dd>
        </>
      )}
      <dt>Risk</dt>
      <dd>
        <RiskDetail risk={risk} />
      </dd>
      <dt>Masked</dt>
      <dd>{masked.length === 0 ? 'nothing' : <Line text={masked.join(', ')} />}</dd>
    </dl>
  );
}
