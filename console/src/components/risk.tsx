import type { ReactNode } from 'react';
import type { Risk } from '../api/approvals.ts';
import { Line } from './escaped.tsx';
import css from './risk.module.css';

type Level = 'low' | 'medium' | 'high' | 'extreme';

function riskLevel(score: number): Level {
  if (score < 30) return 'low';
  if (score < 60) return 'medium';
  return score < 80 ? 'high' : 'extreme';
}

/** The score in a list: a number, a word for those who do not see the bar. */
export function RiskScore({ score }: { readonly score: number }): ReactNode {
  return (
    <span className={css.score} data-level={riskLevel(score)} title={`risk ${score} of 100, ${riskLevel(score)}`}>
      <span className={css.track} aria-hidden="true">
        <span className={css.fill} style={{ width: `${Math.min(100, Math.max(3, score))}%` }} />
      </span>
      <span>
        <span className={css.word}>risk </span>
        {score}
      </span>
    </span>
  );
}

/** The score and what it is made of. */
export function RiskDetail({ risk }: { readonly risk: Risk }): ReactNode {
  return (
    <div className={css.detail}>
      <p className={css.sum} data-level={riskLevel(risk.score)}>
        <strong>{risk.score}</strong>
        <span> of 100, {riskLevel(risk.score)}</span>
      </p>
      <ul className={css.factors}>
        {risk.factors.map((factor, index) => (
          <li key={index}>
            <span className={css.points}>{factor.points < 0 ? `−${-factor.points}` : `+${factor.points}`}</span>
            <Line text={factor.name} />
          </li>
        ))}
      </ul>
    </div>
  );
}
