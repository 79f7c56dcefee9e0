import type { ReplayEntry, ReplayOutcome } from './replay.ts';
import type { ReplayStep } from './sessions.ts';

/** A session laid out for playing: real times, with long waits cut. Positions are milliseconds of playing at speed 1. */
export interface Timeline {
  readonly length: number;
  /** Every event in order. */
  readonly points: readonly TimelinePoint[];
  /** One for each command. */
  readonly bars: readonly TimelineBar[];
  /** Waits that were cut. */
  readonly cuts: readonly TimelineCut[];
}

export interface TimelinePoint {
  readonly event: string;
  readonly kind: string;
  readonly position: number;
  /** Epoch milliseconds. */
  readonly time: number;
}

export interface TimelineBar {
  readonly entry: string;
  readonly name: string;
  readonly from: number;
  readonly to: number;
  readonly outcome: ReplayOutcome;
}

export interface TimelineCut {
  readonly position: number;
  readonly milliseconds: number;
}

/** Longer waits are played as this. */
const LONGEST_WAIT_MS = 3_000;

export function buildTimeline(steps: readonly ReplayStep[], entries: readonly ReplayEntry[]): Timeline {
  const points: TimelinePoint[] = [];
  const cuts: TimelineCut[] = [];
  for (const { event } of steps) {
    const time = Date.parse(event.time);
    const last = points.at(-1);
    // A clock that was set back waits for nothing.
    const passed = last ? Math.max(0, time - last.time) : 0;
    const position = (last?.position ?? 0) + Math.min(passed, LONGEST_WAIT_MS);
    if (passed > LONGEST_WAIT_MS) cuts.push({ position, milliseconds: passed });
    points.push({ event: event.id, kind: event.kind, position, time });
  }
  const positions = new Map(points.map(({ event, position }) => [event, position]));
  return { length: points.at(-1)?.position ?? 0, points, bars: entries.flatMap((entry) => barOf(entry, positions)), cuts };
}

function barOf({ id, command, steps, outcome }: ReplayEntry, positions: ReadonlyMap<string, number>): readonly TimelineBar[] {
  const places = steps.map(({ event }) => positions.get(event.id) ?? 0);
  if (command === undefined || places.length === 0) return [];
  return [{ entry: id, name: command, from: Math.min(...places), to: Math.max(...places), outcome }];
}

/** How many events have happened by then. */
export function playedUntil({ points }: Timeline, position: number): number {
  const next = points.findIndex((point) => point.position > position);
  return next === -1 ? points.length : next;
}

/** The real time of a position, between two events in proportion. */
export function timeAt({ points }: Timeline, position: number): number | undefined {
  const after = points.findIndex((point) => point.position >= position);
  const [before, next] = [points[after - 1], points[after === -1 ? points.length - 1 : after]];
  if (!next) return undefined;
  if (!before || next.position <= before.position || position >= next.position) return next.time;
  return before.time + ((position - before.position) / (next.position - before.position)) * (next.time - before.time);
}

/** The position of the next event, or of the one before. */
export function stepFrom({ points, length }: Timeline, position: number, by: 1 | -1): number {
  if (by === 1) return points.find((point) => point.position > position)?.position ?? length;
  return points.findLast((point) => point.position < position)?.position ?? 0;
}
