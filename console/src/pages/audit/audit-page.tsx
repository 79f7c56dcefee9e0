import { Button } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import { canFollow, searchAudit, type AuditFilter } from '../../api/audit.ts';
import { useApi, useMe } from '../../app/api-context.ts';
import { Empty } from '../../components/empty.tsx';
import { Loaded, Page } from '../../components/page.tsx';
import { clock } from '../../text/time.ts';
import { AuditFilterForm } from './audit-filter-form.tsx';
import css from './audit-page.module.css';
import { AuditTable } from './audit-table.tsx';
import { ExportDialog } from './export-dialog.tsx';
import { useLiveAudit } from './use-live-audit.ts';

/** What was recorded: looked for, followed, taken away. What is looked for stands in the address. */
export function AuditPage(): ReactNode {
  const { reads } = useMe();
  const filter = useSearch({ from: '/audit' });
  const navigate = useNavigate();
  const [isLive, setLive] = useState(false);
  const [isExporting, setExporting] = useState(false);
  const follows = isLive && canFollow(filter);
  const look = (next: AuditFilter): void => void navigate({ to: '/audit', search: next });
  return (
    <Page
      title="Audit"
      lead={`${reads === 'all' ? 'Everything that is recorded' : 'What you did, and everything on targets that you own'}: by words of what was said (masked), and by who, where, what and when. Looking is recorded.`}
      actions={
        <div className={css.actions}>
          <Button
            size="xs"
            variant={follows ? 'filled' : 'default'}
            aria-pressed={follows}
            disabled={!canFollow(filter)}
            title={canFollow(filter) ? undefined : 'words and times are for what is recorded already'}
            onClick={() => setLive(!isLive)}
          >
            Live
          </Button>
          <Button size="xs" variant="default" onClick={() => setExporting(true)}>
            Export…
          </Button>
        </div>
      }
    >
      <AuditFilterForm key={JSON.stringify(filter)} filter={filter} look={look} />
      {follows ? <LiveEvents key={JSON.stringify(filter)} filter={filter} look={look} /> : <FoundEvents filter={filter} look={look} />}
      {isExporting && <ExportDialog filter={filter} close={() => setExporting(false)} />}
    </Page>
  );
}

interface EventsProps {
  readonly filter: AuditFilter;
  readonly look: (filter: AuditFilter) => void;
}

/** Looking is recorded, so nothing is looked for again by itself. */
function FoundEvents({ filter, look }: EventsProps): ReactNode {
  const api = useApi();
  const found = useInfiniteQuery({
    queryKey: ['audit', filter],
    queryFn: ({ pageParam, signal }) => searchAudit(api, filter, pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next,
    staleTime: Infinity,
    refetchOnReconnect: false,
    refetchOnWindowFocus: false,
  });
  return (
    <Loaded from={found}>
      {({ pages }) => {
        const events = pages.flatMap((page) => page.events);
        const last = pages.at(-1);
        return (
          <>
            {events.length === 0 ? <NothingFound more={last?.next !== undefined} /> : <AuditTable events={events} filter={filter} look={look} />}
            <footer className={css.foot}>
              <output>
                {told(events.length, last?.searchedTo)}
                {pages[0]?.behind === true && ' What was recorded in the last moments may be missing.'}
              </output>
              <div className={css.actions}>
                {found.hasNextPage && (
                  <Button size="compact-sm" variant="default" loading={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
                    Look further back
                  </Button>
                )}
                <Button size="compact-sm" variant="default" loading={found.isRefetching} onClick={() => void found.refetch()}>
                  Look again
                </Button>
              </div>
            </footer>
          </>
        );
      }}
    </Loaded>
  );
}

function told(count: number, searchedTo: string | undefined): string {
  const events = count === 1 ? '1 event' : `${count} events`;
  return searchedTo === undefined ? `${events}: that is all.` : `${events}, back to ${clock(Date.parse(searchedTo))}.`;
}

function NothingFound({ more }: { readonly more: boolean }): ReactNode {
  if (more) return <Empty title="Nothing so far back">Look further back, or look for something else.</Empty>;
  return (
    <Empty title="Nothing that you may see matches">Without the auditor’s right you see what you did yourself, and what happens on targets that you own.</Empty>
  );
}

const STATES: Readonly<Record<ReturnType<typeof useLiveAudit>['state'], string>> = {
  opening: 'Begins to follow…',
  live: 'Following: the newest is on top.',
  lost: 'The stream broke off; it goes on where it was.',
};

function LiveEvents({ filter, look }: EventsProps): ReactNode {
  const { events, state } = useLiveAudit(filter);
  return (
    <>
      <output className={css.live} data-state={state}>
        <span className={css.dot} aria-hidden="true" />
        {STATES[state]}
      </output>
      {events.length === 0 ? (
        <Empty title="Nothing has come yet">What is recorded from now on appears here.</Empty>
      ) : (
        <AuditTable events={events} filter={filter} look={look} />
      )}
    </>
  );
}
