import { prettyJson } from '../core/pretty-json.ts';
import { alignColumns } from './columns.ts';
import { escapeLines, escapeText } from './escape.ts';
import type { BodyView, EventView, RecordingView, SessionView } from './views.ts';

export function sessionRow(session: SessionView): readonly string[] {
  const { id, openedAt, subject, subjectKind, target, client, commands, refused, masked } = session;
  return [id, openedAt, `${subjectKind}:${subject}`, target, client, `${commands} commands`, `${refused} refused`, `${masked} masked`];
}

export function sessionHead(session: SessionView): readonly string[] {
  const { id, subject, subjectKind, target, client, openedAt, lastAt, closedAt } = session;
  const rows = [
    ['session', id],
    ['subject', `${subjectKind}:${subject}`],
    ['target', target],
    ['client', client],
    ['opened', openedAt],
    [closedAt === undefined ? 'last seen' : 'closed', closedAt ?? lastAt],
  ];
  return alignColumns(rows);
}

/** One line an event: when, what, and how it was decided. */
export function eventLine(event: EventView, since: number): string {
  const { decision, outcome, masks = [] } = event;
  const parts = [
    event.kind,
    event.command?.name,
    decision && `${decision.effect} by ${decision.rule}${decision.effect === 'deny' ? `: ${decision.reason}` : ''}`,
    outcome && `${outcome.status}${outcome.milliseconds === undefined ? '' : ` in ${outcome.milliseconds} ms`}`,
    masks.length > 0 ? `masked ${masks.map(({ name, count }) => `${name} x${count}`).join(', ')}` : undefined,
    event.note,
  ];
  const seconds = ((Date.parse(event.time) - since) / 1000).toFixed(3);
  return escapeText(`+${seconds.padStart(8)} s  ${parts.filter((part) => part !== undefined).join('  ')}`);
}

type RecordedEventView = RecordingView['events'][number];

/** One event of a recording, what was said indented below it. */
export function replayEventLines({ event, bodies }: RecordedEventView, since: number): readonly string[] {
  return [eventLine(event, since), ...bodies.flatMap(bodyLines)];
}

const ARROWS: Readonly<Record<string, string>> = { request: '>', reply: '<', chunk: '<' };

function bodyLines({ name, text }: BodyView): readonly string[] {
  if (text === '') return [];
  const lines = escapeLines(text === undefined ? '(erased)' : (prettyJson(text) ?? text)).split('\n');
  return lines.map((line) => `    ${ARROWS[name] ?? '|'} ${line}`);
}
