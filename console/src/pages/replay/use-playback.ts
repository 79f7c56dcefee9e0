import { useCallback, useEffect, useState } from 'react';
import { stepFrom, type Timeline } from '../../api/timeline.ts';
import { useShortcuts } from '../../components/use-shortcuts.ts';

export const SPEEDS = [0.5, 1, 2, 4, 16] as const;

export interface Playback {
  /** Undefined where everything is shown and nothing plays. */
  readonly position: number | undefined;
  readonly isPlaying: boolean;
  readonly speed: number;
  readonly toggle: () => void;
  readonly seek: (position: number) => void;
  readonly setSpeed: (speed: number) => void;
  readonly step: (by: 1 | -1) => void;
  /** Back to everything. */
  readonly showAll: () => void;
}

/** Plays a timeline: p plays and pauses, the arrows of `,` and `.` go from event to event. */
export function usePlayback(timeline: Timeline): Playback {
  const [position, setPosition] = useState<number>();
  const [isPlaying, setPlaying] = useState(false);
  const [speed, setSpeed] = useState<number>(1);
  const { length } = timeline;

  useEffect(() => {
    if (!isPlaying) return undefined;
    let last = performance.now();
    let frame = requestAnimationFrame(function advance(now) {
      const passed = (now - last) * speed;
      last = now;
      setPosition((known = 0) => Math.min(length, known + passed));
      frame = requestAnimationFrame(advance);
    });
    return () => cancelAnimationFrame(frame);
  }, [isPlaying, speed, length]);

  const isOver = position !== undefined && position >= length;
  if (isPlaying && isOver) setPlaying(false);

  const toggle = useCallback(() => {
    setPosition((known) => (known === undefined || known >= length ? 0 : known));
    setPlaying((known) => !known);
  }, [length]);
  const seek = useCallback((to: number) => setPosition(to), []);
  const step = useCallback(
    (by: 1 | -1) => {
      setPlaying(false);
      setPosition((known) => stepFrom(timeline, known ?? (by === 1 ? -1 : length), by));
    },
    [timeline, length],
  );
  const showAll = useCallback(() => {
    setPlaying(false);
    setPosition(undefined);
  }, []);
  useShortcuts({ p: toggle, '.': () => step(1), ',': () => step(-1) });
  return { position, isPlaying, speed, toggle, seek, setSpeed, step, showAll };
}
