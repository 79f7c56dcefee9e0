import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { SessionView } from '../../api/sessions.ts';
import { Line } from '../../components/escaped.tsx';
import { Tag } from '../../components/tag.tsx';
import { Ago } from '../../components/times.tsx';
import { useRows } from '../../components/use-rows.ts';
import css from './sessions-page.module.css';

export function SessionTable({ sessions }: { readonly sessions: readonly SessionView[] }): ReactNode {
  const body = useRows<HTMLTableSectionElement>();
  return (
    <table className={css.table}>
      <thead>
        <tr>
          <th scope="col">Subject</th>
          <th scope="col">Target</th>
          <th scope="col">Client</th>
          <th scope="col" className={css.number}>
            Commands
          </th>
          <th scope="col" className={css.number}>
            Refused
          </th>
          <th scope="col" className={css.number}>
            Masked
          </th>
          <th scope="col">Last activity</th>
        </tr>
      </thead>
      <tbody ref={body}>
        {sessions.map((session) => (
          <Row key={session.id} session={session} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ session }: { readonly session: SessionView }): ReactNode {
  return (
    <tr className={css.row}>
      <td>
        <Link to="/sessions/$id" params={{ id: session.id }} className={css.link} data-row={session.id} preload={false}>
          <Line text={session.subject} />
        </Link>{' '}
        {session.subjectKind !== 'person' && <Tag>{session.subjectKind}</Tag>}
      </td>
      <td>
        <Line text={session.target} />
      </td>
      <td className={css.client}>
        <Line text={session.client} />
      </td>
      <Count value={session.commands} of="commands" />
      <Count value={session.refused} of="refused" tone="bad" />
      <Count value={session.masked} of="masked" tone="warn" />
      <td>
        <Ago at={session.lastAt} /> {!session.closedAt && <Tag tone="ok">open</Tag>}
      </td>
    </tr>
  );
}

function Count({ value, of, tone }: { readonly value: number; readonly of: string; readonly tone?: 'bad' | 'warn' }): ReactNode {
  return (
    <td className={css.number} data-label={of} data-tone={value > 0 ? tone : 'none'}>
      {value.toLocaleString('en')}
    </td>
  );
}
