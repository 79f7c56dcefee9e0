import { Button } from '@mantine/core';
import type { ReactNode } from 'react';
import { explain } from '../api/error.ts';
import css from './problem.module.css';
import { Line } from './escaped.tsx';

interface ProblemProps {
  readonly error: unknown;
  readonly again?: () => void;
}

/** What went wrong and the way out, in the gateway's words. */
export function Problem({ error, again }: ProblemProps): ReactNode {
  const { message, hint } = explain(error);
  return (
    <div className={css.problem} role="alert">
      <p className={css.message}>
        <Line text={message} />
      </p>
      {hint !== undefined && (
        <p className={css.hint}>
          <Line text={hint} />
        </p>
      )}
      {again && (
        <Button size="compact-sm" variant="default" onClick={again}>
          Try again
        </Button>
      )}
    </div>
  );
}
