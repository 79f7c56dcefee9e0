import type { ReactNode } from 'react';
import { maskSubjects, type ExplainedDecision } from '../../api/policy.ts';
import { DecisionFacts, Fact } from '../../components/decision-facts.tsx';
import { Line } from '../../components/escaped.tsx';
import { Tag, type Tone } from '../../components/tag.tsx';
import css from './policy-page.module.css';

const TONES: Readonly<Record<ExplainedDecision['effect'], Tone>> = { allow: 'ok', deny: 'bad', review: 'warn' };

export function ExplainedAnswer({ decision }: { readonly decision: ExplainedDecision }): ReactNode {
  const masked = decision.masks.flatMap(maskSubjects);
  return (
    <div className={css.answer}>
      <DecisionFacts
        label="Answer"
        decision={decision}
        before={
          <Fact name="Effect">
            <Tag tone={TONES[decision.effect]}>{decision.effect}</Tag>
          </Fact>
        }
        after={<Fact name="Masked">{masked.length === 0 ? 'nothing' : <Line text={masked.join(', ')} />}</Fact>}
      />
    </div>
  );
}
