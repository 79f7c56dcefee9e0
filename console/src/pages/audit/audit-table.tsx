import { Link } from '@tanstack/react-router';
import { memo, type ReactNode } from 'react';
import type { AuditEvent, AuditFilter } from '../../api/audit.ts';
import { Line } from '../../components/escaped.tsx';
import { Table, TableRow, type Columns } from '../../components/table.tsx';
import { Tag, type Tone } from '../../components/tag.tsx';
import { useRows } from '../../components/use-rows.ts';
import { day, duration, timeOfDay, zone } from '../../text/time.ts';
import { eventWords } from '../replay/event-words.ts';
import css from './audit-page.module.css';

interface AuditTableProps {
  readonly events: readonly AuditEvent[];
  readonly filter: AuditFilter;
  /** Looks for the same, and for this as well. */
  readonly look: (filter: AuditFilter) => void;
}

export function AuditTable({ events, filter, look }: AuditTableProps): ReactNode {
  const body = useRows<HTMLDivElement>();
  const columns = columnsAt(events[0]?.time);
  return (
    <div ref={body}>
      <Table label="Events" columns={columns}>
        {events.map((event) => (
          <EventRow key={event.id} event={event} columns={columns} filter={filter} look={look} />
        ))}
      </Table>
    </div>
  );
}

/** The zone of all times stands above them. */
function columnsAt(time: string | undefined): Columns {
  return [
    { title: `Time (${zone(time === undefined ? Date.now() : Date.parse(time))})`, width: '156px' },
    { title: 'What', width: '200px' },
    { title: 'Who', width: '112px' },
    { title: 'Target', width: '104px' },
    'Command and outcome',
    { title: '', width: '64px', align: 'end' },
  ];
}

interface EventRowProps {
  readonly event: AuditEvent;
  readonly columns: Columns;
  readonly filter: AuditFilter;
  readonly look: (filter: AuditFilter) => void;
}

const EventRow = memo(function EventRow({ event, columns, filter, look }: EventRowProps): ReactNode {
  const { time, kind, subject, target, session } = event;
  const at = Date.parse(time);
  const narrow = (more: AuditFilter): void => look({ ...filter, ...more });
  const cells = [
    <time key="time" dateTime={time} className={css.time}>
      <span>{day(at)}</span> {timeOfDay(at)}
    </time>,
    <button key="what" type="button" className={css.value} title={`only ${kind}`} onClick={() => narrow({ kind })}>
      <Line text={eventWords(event)} />
    </button>,
    subject && (
      <button key="who" type="button" className={css.value} title={subject.kind} onClick={() => narrow({ subject: `${subject.kind}:${subject.name}` })}>
        <Line text={subject.name} />
      </button>
    ),
    target && (
      <button key="target" type="button" className={css.value} onClick={() => narrow({ target })}>
        <Line text={target} />
      </button>
    ),
    <Details key="details" event={event} narrow={narrow} />,
    session !== undefined && (
      <Link
        key="replay"
        className={css.replay}
        to="/sessions/$id"
        params={{ id: session }}
        data-row={event.id}
        preload={false}
        aria-label={`Replay the session of ${eventWords(event)}`}
      >
        Replay
      </Link>
    ),
  ];
  return <TableRow columns={columns} cells={cells} />;
});

const TONES: Readonly<Record<string, Tone>> = { allow: 'ok', deny: 'bad', review: 'warn' };

function Details({ event, narrow }: { readonly event: AuditEvent; readonly narrow: (more: AuditFilter) => void }): ReactNode {
  const { command, decision, outcome, masks = [], note } = event;
  const masked = masks.reduce((sum, { count }) => sum + count, 0);
  return (
    <span className={css.details}>
      {command && (
        <code className={css.command}>
          <Line text={command.name} />
        </code>
      )}
      {decision && (
        <button type="button" className={css.value} title="only what this rule decided" onClick={() => narrow({ rule: decision.rule })}>
          <Tag tone={TONES[decision.effect] ?? 'plain'}>{decision.effect}</Tag> <Line text={decision.rule} />
        </button>
      )}
      {outcome && <Line text={`${outcome.status}${outcome.milliseconds === undefined ? '' : ` in ${duration(outcome.milliseconds)}`}`} />}
      {masked > 0 && <Tag tone="warn">{masked} masked</Tag>}
      {note && (
        <span className={css.note}>
          <Line text={note} />
        </span>
      )}
    </span>
  );
}
