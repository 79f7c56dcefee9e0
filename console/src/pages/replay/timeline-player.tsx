import { Button } from '@mantine/core';
import { memo, type ReactNode } from 'react';
import { playedUntil, timeAt, type Timeline, type TimelineBar } from '../../api/timeline.ts';
import { Choices } from '../../components/choices.tsx';
import { clock, duration, offset } from '../../text/time.ts';
import css from './timeline-player.module.css';
import { SPEEDS, type Playback } from './use-playback.ts';

interface TimelinePlayerProps {
  readonly timeline: Timeline;
  readonly playback: Playback;
  /** When the session opened, epoch milliseconds. */
  readonly start: number;
}

const SPEED_OPTIONS = SPEEDS.map((speed) => ({ value: String(speed), text: `${speed}×` }));

/** The session as a line of time, and what plays it. */
export function TimelinePlayer({ timeline, playback, start }: TimelinePlayerProps): ReactNode {
  const { position, isPlaying, speed, toggle, step, seek, setSpeed, showAll } = playback;
  const shown = position ?? timeline.length;
  const now = timeAt(timeline, shown);
  return (
    <section className={css.player} aria-label="Timeline">
      <div className={css.controls}>
        <Button size="xs" onClick={toggle} aria-keyshortcuts="p" disabled={timeline.length === 0}>
          {isPlaying ? 'Pause' : 'Play'}
        </Button>
        <Button size="xs" variant="default" onClick={() => step(-1)} aria-keyshortcuts="," aria-label="The event before">
          ‹
        </Button>
        <Button size="xs" variant="default" onClick={() => step(1)} aria-keyshortcuts="." aria-label="The next event">
          ›
        </Button>
        <Choices label="Speed" options={SPEED_OPTIONS} chosen={String(speed)} choose={(chosen) => setSpeed(Number(chosen))} />
        <p className={css.now}>
          {now !== undefined && (
            <>
              <strong>{offset(now, start)}</strong> <time dateTime={new Date(now).toISOString()}>{clock(now)}</time>
            </>
          )}
          {position !== undefined && <span>{` · ${playedUntil(timeline, position)} of ${timeline.points.length} events`}</span>}
        </p>
        {position !== undefined && (
          <Button size="xs" variant="subtle" onClick={showAll}>
            Show all
          </Button>
        )}
      </div>
      <div className={css.track}>
        <Marks timeline={timeline} />
        <div className={css.head} style={{ left: place(shown, timeline) }} aria-hidden="true" />
        <input
          type="range"
          className={css.seek}
          min={0}
          max={timeline.length}
          step="any"
          value={shown}
          aria-label="Position in the session"
          aria-valuetext={
            now === undefined ? 'nothing is recorded' : `${offset(now, start)}, ${playedUntil(timeline, shown)} of ${timeline.points.length} events`
          }
          onChange={(event) => seek(Number(event.currentTarget.value))}
          onKeyDown={(event) => {
            if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return;
            event.preventDefault();
            step(event.key === 'ArrowRight' ? 1 : -1);
          }}
        />
      </div>
      <Legend timeline={timeline} />
    </section>
  );
}

const place = (position: number, { length }: Timeline): string => `${length === 0 ? 0 : (position / length) * 100}%`;

const TONES: Readonly<Record<TimelineBar['outcome'], string>> = {
  replied: 'ok',
  'target-error': 'warn',
  refused: 'bad',
  held: 'warn',
  failed: 'bad',
  open: 'accent',
  note: 'accent',
};

/** Commands as bars from being asked to their end, approvals as marks above them, waits that were cut as gaps. Drawn once. */
const Marks = memo(function Marks({ timeline }: { readonly timeline: Timeline }): ReactNode {
  return (
    <div className={css.marks} aria-hidden="true">
      {timeline.cuts.map((cut) => (
        <span key={cut.position} className={css.cut} style={{ left: place(cut.position - 1500, timeline) }} title={`${duration(cut.milliseconds)} passed`} />
      ))}
      {timeline.bars.map((bar) => (
        <span
          key={bar.entry}
          className={`${css.bar} ${css[TONES[bar.outcome]]}`}
          style={{ left: place(bar.from, timeline), width: place(bar.to - bar.from, timeline) }}
        />
      ))}
      {timeline.points
        .filter(({ kind }) => kind.startsWith('approval.'))
        .map(({ event, position }) => (
          <span key={event} className={css.approval} style={{ left: place(position, timeline) }} />
        ))}
    </div>
  );
});

function Legend({ timeline }: { readonly timeline: Timeline }): ReactNode {
  const [first, last] = [timeline.points[0], timeline.points.at(-1)];
  if (!first || !last) return null;
  const cut = timeline.cuts.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  return (
    <p className={css.legend}>
      <span>{clock(first.time)}</span>
      <span>
        {timeline.bars.length === 1 ? '1 command' : `${timeline.bars.length} commands`}
        {cut > 0 && `, long waits (${duration(cut)}) shown short`}
      </span>
      <span>{clock(last.time)}</span>
    </p>
  );
}
