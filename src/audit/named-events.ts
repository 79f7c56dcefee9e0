import type { Event } from '../core/event.ts';

/** An event as people speak of it: one record is several of these. */
export interface NamedEvent {
  readonly name: string;
  /** Id of the record. */
  readonly event: string;
  readonly time: string;
  /** What there is to say about it, in a few words. */
  readonly detail: string;
}

/** The intent is received, decided, perhaps approved, and forwarded; the outcome is a reply and what was masked in it. */
export function namedEvents(event: Event): readonly NamedEvent[] {
  const named = (name: string, detail = ''): NamedEvent => ({ name, event: event.id, time: event.time, detail });
  const command = event.command?.name ?? '';
  const masks = (event.masks ?? []).map((mask) => named('mask.applied', `${mask.by} ${mask.name}: ${mask.count}`));
  const last = named(event.kind, event.note ?? event.outcome?.status ?? command);
  switch (event.kind) {
    case 'command.forwarded':
    case 'command.refused': {
      const decision = event.decision ? [named('decision.made', `${event.decision.effect} by ${event.decision.rule}: ${event.decision.reason}`)] : [];
      const executing = event.kind === 'command.forwarded' && event.approval ? [named('approval.executing', event.approval)] : [];
      return [named('command.received', command), ...masks, ...decision, ...executing, last];
    }
    default:
      return [last, ...masks];
  }
}
