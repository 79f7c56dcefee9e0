import { memo, type ReactNode } from 'react';
import type { ReplayEntry, ReplayOutcome } from '../../api/replay.ts';
import { Line } from '../../components/escaped.tsx';
import { Tag, type Tone } from '../../components/tag.tsx';
import { duration, offset } from '../../text/time.ts';
import css from './replay-page.module.css';
import { eventWords } from './event-words.ts';
import { ReplayStepView } from './replay-step.tsx';

const OUTCOMES: Readonly<Record<ReplayOutcome, readonly [tone: Tone, word: string] | undefined>> = {
  replied: ['ok', 'replied'],
  'target-error': ['warn', 'target’s error'],
  refused: ['bad', 'refused'],
  held: ['warn', 'held'],
  failed: ['bad', 'failed'],
  open: ['accent', 'no reply yet'],
  note: undefined,
};

interface ReplayCommandProps {
  readonly entry: ReplayEntry;
  /** When the session opened, epoch milliseconds. */
  readonly start: number;
  readonly open: boolean;
  readonly toggle: () => void;
}

/** One command from being asked to its reply; its headline is a button that opens it. */
export const ReplayCommand = memo(function ReplayCommand({ entry, start, open, toggle }: ReplayCommandProps): ReactNode {
  const first = entry.steps[0]?.event;
  const outcome = OUTCOMES[entry.outcome];
  const took = entry.steps.findLast(({ event }) => event.outcome?.milliseconds !== undefined)?.event.outcome?.milliseconds;
  if (first === undefined) return null;
  if (entry.outcome === 'note') return <NoteEntry entry={entry} start={start} />;
  return (
    <li className={css.entry}>
      <button type="button" className={css.headline} data-row={entry.id} aria-expanded={open} onClick={toggle}>
        <span className={css.offset}>{offset(Date.parse(first.time), start)}</span>
        <span className={entry.command === undefined ? css.event : css.command}>
          <Line text={entry.command ?? eventWords(first)} />
        </span>
        <span className={css.tags}>
          {entry.masked > 0 && <Tag tone="warn">{entry.masked} masked</Tag>}
          {outcome && <Tag tone={outcome[0]}>{outcome[1]}</Tag>}
          {took !== undefined && <span className={css.took}>{duration(took)}</span>}
        </span>
      </button>
      {open && (
        <ol className={css.steps}>
          {entry.steps.map((step) => (
            <ReplayStepView key={step.event.id} step={step} start={start} />
          ))}
        </ol>
      )}
    </li>
  );
});

/** What is no command has nothing to open. */
function NoteEntry({ entry, start }: Pick<ReplayCommandProps, 'entry' | 'start'>): ReactNode {
  return (
    <li className={css.entry}>
      <ol className={css.note}>
        {entry.steps.map((step) => (
          <ReplayStepView key={step.event.id} step={step} start={start} />
        ))}
      </ol>
    </li>
  );
}
