import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { useEffect, useMemo, useState, type ReactNode } from 'react';
import { entriesUntil, entryMatches, groupReplay, type ReplayEntry } from '../../api/replay.ts';
import { readReplay, type Replay } from '../../api/sessions.ts';
import { buildTimeline, playedUntil, type Timeline } from '../../api/timeline.ts';
import { useApi } from '../../app/api-context.ts';
import { Icon } from '../../app/icon.tsx';
import { Empty } from '../../components/empty.tsx';
import { Filter } from '../../components/filter.tsx';
import { Problem } from '../../components/problem.tsx';
import { useRows } from '../../components/use-rows.ts';
import { useShortcuts } from '../../components/use-shortcuts.ts';
import { ReplayCommand } from './replay-command.tsx';
import css from './replay-page.module.css';
import { SessionSummary } from './session-summary.tsx';
import { TimelinePlayer } from './timeline-player.tsx';
import { usePlayback } from './use-playback.ts';

/** Looking at a recording is itself recorded, so it is read once and not again by itself. */
export function ReplayPage(): ReactNode {
  const { id } = useParams({ from: '/sessions/$id' });
  const api = useApi();
  const replay = useQuery({ queryKey: ['replay', id], queryFn: ({ signal }) => readReplay(api, id, signal), staleTime: Infinity, refetchOnReconnect: false });
  return (
    <div className={css.page}>
      <Link to="/sessions" className={css.back}>
        <Icon name="back" />
        Sessions
      </Link>
      {replay.error && <Problem error={replay.error} again={() => void replay.refetch()} />}
      {replay.isPending && <p className={css.note}>Loading…</p>}
      {replay.data && <Recording replay={replay.data} refresh={() => void replay.refetch()} refreshing={replay.isFetching} />}
    </div>
  );
}

interface RecordingProps {
  readonly replay: Replay;
  readonly refresh: () => void;
  readonly refreshing: boolean;
}

const OPEN_AT_FIRST = 12;

function Recording({ replay, refresh, refreshing }: RecordingProps): ReactNode {
  const [filter, setFilter] = useState('');
  const entries = useMemo(() => groupReplay(replay.events), [replay]);
  const timeline = useMemo(() => buildTimeline(replay.events, entries), [replay, entries]);
  const playback = usePlayback(timeline);
  const played = usePlayed(timeline, entries, playback.position);
  const shown = useMemo(() => played.filter((entry) => entryMatches(entry, filter)), [played, filter]);
  const { isOpen, toggle, toggleAll } = useOpen(entries);
  const list = useRows<HTMLOListElement>();
  const start = Date.parse(replay.session.openedAt);
  // What happens while it plays is brought into view.
  const { isPlaying } = playback;
  useEffect(() => {
    if (isPlaying && played.length > 0) list.current?.lastElementChild?.scrollIntoView({ block: 'nearest' });
  }, [isPlaying, played.length, list]);

  return (
    <>
      <SessionSummary session={replay.session} />
      <TimelinePlayer timeline={timeline} playback={playback} start={start} />
      <div className={css.tools}>
        <Filter label="Filter commands" value={filter} onChange={setFilter} />
        <Button size="xs" variant="default" onClick={toggleAll} aria-keyshortcuts="e">
          Open or close all
        </Button>
        <Button size="xs" variant="default" onClick={refresh} loading={refreshing}>
          Read again
        </Button>
        <p className={css.note}>{shown.length === entries.length ? `${entries.length} entries` : `${shown.length} of ${entries.length} entries`}</p>
      </div>
      {shown.length === 0 && <Empty title={emptyTitle(entries, played)} />}
      <ol className={css.entries} ref={list}>
        {shown.map((entry) => (
          <ReplayCommand key={entry.id} entry={entry} start={start} open={isOpen(entry)} toggle={() => toggle(entry)} />
        ))}
      </ol>
    </>
  );
}

function emptyTitle(entries: readonly ReplayEntry[], played: readonly ReplayEntry[]): string {
  if (entries.length === 0) return 'Nothing is recorded in this session yet';
  return played.length === 0 ? 'Nothing has happened yet' : 'No entry matches';
}

/** What has happened by then: entries as far as they had come. They change with each event, not with each frame. */
function usePlayed(timeline: Timeline, entries: readonly ReplayEntry[], position: number | undefined): readonly ReplayEntry[] {
  const count = position === undefined ? timeline.points.length : playedUntil(timeline, position);
  return useMemo(() => {
    if (count === timeline.points.length) return entries;
    const seen = new Set(timeline.points.slice(0, count).map(({ event }) => event));
    return entriesUntil(entries, seen);
  }, [timeline, entries, count]);
}

/** Which entries are open: the first few, so that a short session reads as one page. */
function useOpen(entries: readonly ReplayEntry[]) {
  const [open, setOpen] = useState(() => new Set(entries.slice(0, OPEN_AT_FIRST).map((entry) => entry.id)));
  const toggle = ({ id }: ReplayEntry): void =>
    setOpen((known) => (known.has(id) ? new Set([...known].filter((other) => other !== id)) : new Set([...known, id])));
  const toggleAll = (): void => setOpen((known) => new Set(known.size > 0 ? [] : entries.map((entry) => entry.id)));
  useShortcuts({ e: toggleAll });
  return { isOpen: ({ id }: ReplayEntry) => open.has(id), toggle, toggleAll };
}
