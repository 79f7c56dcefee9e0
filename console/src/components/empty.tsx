import type { ReactNode } from 'react';
import css from './empty.module.css';

export function Empty({ title, children }: { readonly title: string; readonly children?: ReactNode }): ReactNode {
  return (
    <div className={css.empty}>
      <p className={css.title}>{title}</p>
      {children !== undefined && <div className={css.more}>{children}</div>}
    </div>
  );
}
