import type { Event } from '../../core/event.ts';
import type { RecordedBody } from '../replay.ts';

/** One event as it leaves the gateway; with what was said, masked, where that was asked for. */
export interface ExportedEvent {
  readonly event: Event;
  readonly bodies?: readonly RecordedBody[];
}

export function saidText({ text = '[erased]' }: RecordedBody): string {
  return text;
}
