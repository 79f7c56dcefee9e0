import type { ReactNode } from 'react';
import type { SessionView } from '../../api/sessions.ts';
import { Line } from '../../components/escaped.tsx';
import { Tag } from '../../components/tag.tsx';
import { Clock } from '../../components/times.tsx';
import { duration } from '../../text/time.ts';
import css from './replay-page.module.css';

export function SessionSummary({ session }: { readonly session: SessionView }): ReactNode {
  const lasted = Date.parse(session.closedAt ?? session.lastAt) - Date.parse(session.openedAt);
  return (
    <header className={css.summary}>
      <h1>
        <Line text={session.subject} /> on <Line text={session.target} /> {!session.closedAt && <Tag tone="ok">open</Tag>}
      </h1>
      <dl className={css.facts}>
        <Fact name="Client">
          <Line text={session.client} />
        </Fact>
        <Fact name="Opened">
          <Clock at={session.openedAt} />, {duration(lasted)}
        </Fact>
        <Fact name="Commands">
          {session.commands}, {session.refused} refused, {session.masked} masked
        </Fact>
        <Fact name="Session">
          <code>{session.id}</code>
        </Fact>
      </dl>
    </header>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }): ReactNode {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
