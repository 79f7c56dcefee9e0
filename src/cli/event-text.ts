import type { EventView } from './views.ts';

/** One event of the record as a row: when (UTC, with its Z), what, who, where, how it was decided, how it ended. */
export function eventRow(event: EventView): readonly string[] {
  const { time, kind, subject, target = '', command, decision, outcome, masks = [], note, session } = event;
  const rest = [
    decision && `${decision.effect} by ${decision.rule}`,
    outcome && `${outcome.status}${outcome.milliseconds === undefined ? '' : ` in ${outcome.milliseconds} ms`}`,
    masks.length > 0 ? `masked ${masks.map(({ name, count }) => `${name} x${count}`).join(', ')}` : undefined,
    note,
    session === undefined ? undefined : `session ${session}`,
  ];
  const who = subject ? `${subject.kind}:${subject.name}` : '';
  return [time, kind, who, target, command?.name ?? '', rest.filter((part) => part !== undefined).join('  ')];
}
