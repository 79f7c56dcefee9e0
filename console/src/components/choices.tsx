import type { ReactNode } from 'react';
import { Line } from './escaped.tsx';
import css from './choices.module.css';

interface ChoicesProps<T extends string> {
  readonly label: string;
  readonly options: readonly { readonly value: T; readonly text: string }[];
  readonly chosen: T;
  readonly choose: (value: T) => void;
}

/** One of a few, by buttons in a row. */
export function Choices<T extends string>({ label, options, chosen, choose }: ChoicesProps<T>): ReactNode {
  return (
    <fieldset className={css.tabs} aria-label={label}>
      {options.map(({ value, text }) => (
        <button key={value} type="button" className={css.tab} aria-pressed={value === chosen} onClick={() => choose(value)}>
          <Line text={text} />
        </button>
      ))}
    </fieldset>
  );
}
