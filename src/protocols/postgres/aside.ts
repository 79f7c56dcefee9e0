import { BACKEND, cstring, Fields, frameBytes, int32, message, type Frame } from './codec.ts';
import { readParameterStatus } from './messages.ts';
import type { Results } from './results.ts';

/** Who hears of what a server says by itself. */
export interface AsideEvents {
  /** Straight to the caller. */
  pass(bytes: Uint8Array): void;
  parameter(name: string, value: string): void;
  /** Whether anything is masked for the caller. */
  masked(): boolean;
}

/** What comes at any time, and answers nothing. */
export const isAside = ({ type }: Frame): boolean => type === BACKEND.notice || type === BACKEND.parameterStatus || type === BACKEND.notification;

/** Passes it on as far as it may be heard: in its place among the results where a statement runs. */
export function passAside(frame: Frame, events: AsideEvents, results: Results | undefined): void {
  if (frame.type === BACKEND.notice) return passNotice(frame, events, results);
  const bytes = frame.type === BACKEND.notification ? notificationFor(frame, events) : settingFor(frame, events);
  if (!bytes) return;
  if (results) results.aside(bytes);
  else events.pass(bytes);
}

function passNotice(frame: Frame, events: AsideEvents, results: Results | undefined): void {
  if (results) results.notice(frame);
  else if (!events.masked()) events.pass(frameBytes(frame));
}

/** Anybody may put anything into its payload. */
function notificationFor(frame: Frame, events: AsideEvents): Buffer {
  if (!events.masked()) return frameBytes(frame);
  const fields = new Fields(frame);
  return message(BACKEND.notification, int32(fields.int32()), cstring(fields.cstring()), cstring(''));
}

function settingFor(frame: Frame, events: AsideEvents): Buffer | undefined {
  const [name, value] = readParameterStatus(frame);
  events.parameter(name, value);
  // It may be set to anything by whoever has a function to do so.
  return name === 'application_name' && events.masked() ? undefined : frameBytes(frame);
}
