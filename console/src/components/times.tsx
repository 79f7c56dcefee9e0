import type { ReactNode } from 'react';
import { ago, clock, left } from '../text/time.ts';
import css from './times.module.css';
import { useNow } from './use-now.ts';

export function Ago({ at }: { readonly at: string }): ReactNode {
  const now = useNow();
  const time = Date.parse(at);
  return (
    <time dateTime={at} title={clock(time)} className={css.ago}>
      {ago(time, now)}
    </time>
  );
}

export function Clock({ at }: { readonly at: string }): ReactNode {
  return (
    <time dateTime={at} className={css.ago}>
      {clock(Date.parse(at))}
    </time>
  );
}

const SOON = 60_000;

/** How long a pending request still lives; it turns urgent in its last minute. */
export function TimeLeft({ until }: { readonly until: string }): ReactNode {
  const now = useNow();
  const end = Date.parse(until);
  return (
    <time dateTime={until} title={`until ${clock(end)}`} className={end - now < SOON ? css.urgent : css.left}>
      {end > now ? `${left(end, now)} left` : 'out of time'}
    </time>
  );
}
