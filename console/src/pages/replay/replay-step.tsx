import { Link } from '@tanstack/react-router';
import { Fragment, type ReactNode } from 'react';
import type { RecordedBody, RecordedEvent, ReplayStep } from '../../api/sessions.ts';
import { Line } from '../../components/escaped.tsx';
import { ExactText } from '../../components/exact-text.tsx';
import { clock, offset } from '../../text/time.ts';
import { eventWords } from './event-words.ts';
import css from './replay-page.module.css';

const BODY_LIMITS = { characters: 3000, lines: 28 };
const BODY_NAMES: Readonly<Record<string, string>> = { request: 'Request', reply: 'Reply, as the client got it', chunk: 'Message' };

interface ReplayStepProps {
  readonly step: ReplayStep;
  readonly start: number;
}

/** One recorded event: when, what, why, and its bodies. */
export function ReplayStepView({ step: { event, bodies }, start }: ReplayStepProps): ReactNode {
  const at = Date.parse(event.time);
  return (
    <li className={css.step}>
      <p className={css.line}>
        <time dateTime={event.time} title={clock(at)} className={css.offset}>
          {offset(at, start)}
        </time>
        <span>
          <strong className={css.words}>{eventWords(event)}</strong> <Details event={event} />
        </span>
      </p>
      {bodies.filter(isFilled).map((body, index) => (
        <div key={index} className={css.body}>
          <ExactText label={BODY_NAMES[body.name] ?? body.name} text={body.text} limits={BODY_LIMITS} />
        </div>
      ))}
    </li>
  );
}

/** A notification is answered with nothing, and nothing needs no box. */
const isFilled = (body: RecordedBody): boolean => body.text !== '';

function Details({ event }: { readonly event: RecordedEvent }): ReactNode {
  return detailsOf(event).map((detail, index) => (
    <Fragment key={index}>
      {index > 0 && ' · '}
      {detail}
    </Fragment>
  ));
}

function detailsOf({ decision, masks, outcome, approval, note, command }: RecordedEvent): readonly ReactNode[] {
  const details: ReactNode[] = [];
  if (decision)
    details.push(
      <Line text={`${decision.effect} by rule ${decision.rule}${decision.reason === '' ? '' : `: ${decision.reason}`}`} />,
      `risk ${decision.risk.score}`,
    );
  if (outcome && outcome.status !== 'ok') details.push(<Line text={outcome.status} />);
  for (const mask of masks ?? []) details.push(<Line text={`masked ${mask.count} × ${mask.name} (${mask.by})`} />);
  for (const flag of command?.flags ?? []) details.push(<Line text={flag} />);
  if (note) details.push(<Line text={note} />);
  if (approval !== undefined) {
    details.push(
      <Link to="/approvals/$id" params={{ id: approval }} preload={false}>
        approval
      </Link>,
    );
  }
  return details;
}
