import type { ReactNode } from 'react';
import css from './tag.module.css';

export type Tone = 'plain' | 'ok' | 'warn' | 'bad' | 'accent';

/** One word of state. The word says it; the colour only helps. */
export function Tag({ tone = 'plain', children }: { readonly tone?: Tone; readonly children: ReactNode }): ReactNode {
  return <span className={`${css.tag} ${css[tone]}`}>{children}</span>;
}
