import { Button } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useMemo, useState, type ReactNode } from 'react';
import { listSessions, type SessionView } from '../../api/sessions.ts';
import { useApi } from '../../app/api-context.ts';
import { ConnectHelp } from '../../components/connect-help.tsx';
import { Empty } from '../../components/empty.tsx';
import { Filter } from '../../components/filter.tsx';
import { Problem } from '../../components/problem.tsx';
import { hasWords } from '../../text/filter.ts';
import { SessionTable } from './session-table.tsx';
import css from './sessions-page.module.css';

const REFRESH_MS = 15_000;

export function SessionsPage(): ReactNode {
  const sessions = useSessions();
  const [filter, setFilter] = useState('');
  const all = useMemo(() => sessions.data?.pages.flatMap((page) => page.sessions) ?? [], [sessions.data]);
  const shown = useMemo(() => all.filter((session) => matches(session, filter)), [all, filter]);

  return (
    <div className={css.page}>
      <header className={css.head}>
        <h1>Sessions</h1>
        <Filter label="Filter sessions" value={filter} onChange={setFilter} />
      </header>
      {sessions.error && <Problem error={sessions.error} again={() => void sessions.refetch()} />}
      {sessions.isPending && <p className={css.note}>Loading…</p>}
      {sessions.data && all.length === 0 && <NoSessions />}
      {all.length > 0 && <SessionTable sessions={shown} />}
      {all.length > 0 && (
        <footer className={css.foot}>
          <p className={css.note}>{told(shown.length, all.length, sessions.hasNextPage)}</p>
          {sessions.hasNextPage && (
            <Button size="compact-sm" variant="default" loading={sessions.isFetchingNextPage} onClick={() => void sessions.fetchNextPage()}>
              Load older sessions
            </Button>
          )}
        </footer>
      )}
    </div>
  );
}

function useSessions() {
  const api = useApi();
  return useInfiniteQuery({
    queryKey: ['sessions'],
    queryFn: ({ pageParam, signal }) => listSessions(api, pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next,
    refetchInterval: REFRESH_MS,
  });
}

function NoSessions(): ReactNode {
  return (
    <>
      <Empty title="No session yet">A session is one subject on one target through one client. Connect one and it appears here:</Empty>
      <ConnectHelp />
    </>
  );
}

function told(shown: number, loaded: number, more: boolean): string {
  const known = more ? `the ${loaded} newest sessions` : `all ${loaded} sessions`;
  return shown === loaded ? `Showing ${known}.` : `${shown} of ${known} match.`;
}

function matches({ id, subject, subjectKind, target, client }: SessionView, filter: string): boolean {
  return hasWords([id, subject, subjectKind, target, client], filter);
}
