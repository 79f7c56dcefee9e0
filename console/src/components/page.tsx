import type { ReactNode } from 'react';
import { Problem } from './problem.tsx';
import css from './page.module.css';

interface PageProps {
  readonly title: string;
  /** What the page is for, in a sentence. */
  readonly lead: ReactNode;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

export function Page({ title, lead, actions, children }: PageProps): ReactNode {
  return (
    <div className={css.page}>
      <header className={css.head}>
        <div>
          <h1>{title}</h1>
          <p className={css.lead}>{lead}</p>
        </div>
        {actions}
      </header>
      {children}
    </div>
  );
}

interface SectionProps {
  readonly title: ReactNode;
  readonly note?: ReactNode;
  readonly children: ReactNode;
}

export function Section({ title, note, children }: SectionProps): ReactNode {
  return (
    <section className={css.section}>
      <h2>
        {title} {note !== undefined && <small>{note}</small>}
      </h2>
      {children}
    </section>
  );
}

interface Asked<T> {
  readonly data: T | undefined;
  readonly error: unknown;
  readonly refetch: () => unknown;
}

/** What was asked of the gateway: still loading, failed with the way out, or there. What is there stays while it is asked anew. */
export function Loaded<T>({ from, children }: { readonly from: Asked<T>; readonly children: (data: T) => ReactNode }): ReactNode {
  return (
    <>
      {from.error !== null && <Problem error={from.error} again={() => void from.refetch()} />}
      {from.data === undefined ? from.error === null && <p className={css.loading}>Loading…</p> : children(from.data)}
    </>
  );
}
