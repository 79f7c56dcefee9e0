import { SallyportError } from '../core/error.ts';

export interface ReplayPace {
  /** 1 is as fast as it was; 0 is without waiting. */
  readonly speed: number;
  /** Longer waits are cut to this. */
  readonly longestMs: number;
}

export interface ReplayPause {
  readonly waitMs: number;
  /** How long it really was, where the wait was cut. */
  readonly insteadOfMs?: number;
}

/** `--speed 4`, `--speed 0.5`, `--speed instant`. Throws `usage`. */
export function readSpeed(text: string): number {
  if (text === 'instant') return 0;
  const speed = Number(text);
  if (/^\d{1,6}(?:\.\d{1,3})?$/.test(text) && (speed === 0 || speed >= 0.01)) return speed;
  throw new SallyportError('usage', `--speed ${text} is no speed`, { hint: 'such as 1, 4, 0.5, or instant' });
}

/** The wait before each event: what passed since the one before, at this speed. A clock that was set back waits for nothing. */
export function replayPauses(times: readonly number[], { speed, longestMs }: ReplayPace): readonly ReplayPause[] {
  return times.map((time, at) => {
    const passed = Math.max(0, time - (times[at - 1] ?? time));
    const waitMs = speed === 0 ? 0 : passed / speed;
    return waitMs > longestMs ? { waitMs: longestMs, insteadOfMs: passed } : { waitMs };
  });
}
